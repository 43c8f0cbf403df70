//! The gateway as OAuth authorization server in front of the identity provider, which knows neither
//! dynamic registration nor metadata documents nor MCP's `resource` (mcp.md §5.6).
//!
//! Two flows meet here and share nothing: the client's, with its own PKCE, state and address, and
//! ours with the provider, with PKCE, state and nonce of our own and one fixed address. What passes
//! from one to the other is who signed in.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | what clients read first | `metadata` |
//! | which clients there are | `registration`, `clients` (metadata documents), `preregistered` |
//! | which addresses answers go to | `redirect` |
//! | a flow from its beginning to its code | `authorize`, `consent`, `callback`; what is kept meanwhile: `transaction` |
//! | that one browser does all of it | `browser` |
//! | codes and refresh tokens for tokens | `token`, `refresh`, `client_auth` |
//! | an identity provider's assertion for a token | `assertion` |
//! | tokens that end before their end | `revoke`, `denials` |
//! | the tokens, their keys, their verification | `jwt`, `keys`, `verifier` |
//!
//! # What is deliberately absent
//! - No HTTP: a handler hands over query, form and cookie, and gets an address or a document.
//! - No token of the provider leaves: its refresh token lies sealed beside the grant, its access
//!   token is dropped.
//! - No code and no token in a log line.

mod assertion;
mod authorize;
mod browser;
mod callback;
mod client_auth;
mod clients;
mod consent;
mod denials;
mod error;
mod form;
mod jwt;
mod keys;
mod metadata;
mod preregistered;
mod redirect;
mod refresh;
mod registration;
mod revoke;
mod secrets;
mod server;
mod settings;
mod token;
mod transaction;
mod verifier;

pub use authorize::Step;
pub use consent::ConsentPage;
pub use error::{ErrorCode, OAuthError};
pub use metadata::protected_resource;
pub use preregistered::{Preregistered, PreregisteredError};
pub use server::{OAuthPorts, OAuthServer};
pub use settings::OAuthSettings;
pub use verifier::GatewayVerifier;
