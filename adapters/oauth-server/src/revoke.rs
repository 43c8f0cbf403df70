//! `POST /revoke` (RFC 7009): a client gives a token back.

use crate::error::OAuthError;
use crate::form::Form;
use crate::jwt;
use crate::server::OAuthServer;

impl OAuthServer {
    /// Revokes a token of the asking client: an access token alone, a refresh token with all of its
    /// grant. What is no token of its is none of its business, and not an error.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`, `temporarily_unavailable`.
    pub async fn revoke(&self, body: &[u8], authorization: Option<&str>) -> Result<(), OAuthError> {
        let form = Form::read(body)?;
        let client = self.asking_client(&form, authorization).await?.id;
        let token = form.required("token")?;
        if let Some(refresh) = self.open_refresh_token(token) {
            let grant = self.ports.store.find_grant(refresh.grant).await?;
            if grant.is_some_and(|grant| grant.client == client) {
                self.end(refresh.grant).await?;
            }
            return Ok(());
        }
        let now = self.ports.clock.now();
        let claims = jwt::read(&self.ring.load(), token, now);
        if let Ok(claims) = claims
            && claims.client_id == client
        {
            self.deny(claims.jti).await?;
        }
        Ok(())
    }
}
