//! Under which key an answer is kept: what was asked, and by whom.

use actix_web::dev::ServiceRequest;
use actix_web::http::header;
use registry_domain::ports::VerifiedToken;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use crate::guard::Admitted;

/// The key of what a request asks for. All that a token says of its owner is part of it: another
/// role, tenant or name is another key, so nobody is answered what is for somebody else, and what
/// a token says newly is not overlooked.
pub(super) fn of(request: &ServiceRequest, admitted: Option<&Admitted>) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    };
    add(request.path());
    for (name, value) in normalised(request.query_string()) {
        add(&name);
        add(&value);
    }
    add("");
    let accepted = request.headers().get(header::ACCEPT);
    add(accepted.and_then(|value| value.to_str().ok()).unwrap_or("*/*"));
    match admitted {
        Some(Admitted { token, .. }) => owner(token).iter().for_each(|part| add(part)),
        None => add("nobody"),
    }
    format!("{:x}", hash.finalize())
}

/// The parameters in the order of their names; those of one name stay in theirs.
fn normalised(query: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    pairs
}

fn owner(token: &VerifiedToken) -> Vec<String> {
    let identity = &token.identity;
    vec![
        identity.subject.clone(),
        format!("{:?}", identity.tenant.as_ref().map(ToString::to_string)),
        format!("{:?}", identity.email),
        format!("{:?}", identity.display_name),
        format!("{:?}", identity.in_admin_group),
        format!("{:?}", token.roles),
        format!("{:?}", token.groups),
    ]
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn key(uri: &str) -> String {
        of(&TestRequest::get().uri(uri).to_srv_request(), None)
    }

    #[test]
    fn the_order_of_parameters_makes_no_difference_but_their_values_do() {
        assert_eq!(key("/a?x=1&y=2"), key("/a?y=2&x=%31"));
        assert_ne!(key("/a?x=1"), key("/a?x=2"));
        assert_ne!(key("/a?x=1&x=2"), key("/a?x=2&x=1"), "the first of one name may count");
        assert_ne!(key("/a?x=1"), key("/b?x=1"));
        assert_ne!(key("/a?xy=1"), key("/a?x=y1"));
    }
}
