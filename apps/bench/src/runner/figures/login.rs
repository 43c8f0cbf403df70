//! R247: the whole cycle of a sign-in.

use super::{figure::Figure, stage::Stage};
use crate::runner::{Result, http};

const WHAT: &str = "sign-in: login, callback, userinfo";
const PROMISED: &str = "< 2000 ms";

/// Says why it is not measured: because it is not there, or because nobody plays Entra ID here.
pub fn measure(stage: &Stage) -> Result<Figure> {
    let answer = http::exchange("GET", &stage.product.gateway, "/oauth/login", &[], "")?;
    let why = match answer.status {
        404 => "not measured: the gateway has no /oauth/login".to_owned(),
        status => {
            format!("not measured: /oauth/login answers {status}, and nobody plays Entra ID here")
        }
    };
    Ok(Figure::not_measured("R247", WHAT, PROMISED, why))
}
