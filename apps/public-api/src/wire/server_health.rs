//! How a server is, as an operator orders it.

use registry_domain::use_cases::HealthOrder;
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;
use utoipa::ToSchema;

/// The body of `PATCH /api/v1/servers/{server_id}`.
#[derive(Debug)]
pub(crate) struct HealthWish(pub(crate) HealthOrder);

impl ReadBody for HealthWish {
    fn read(fields: &mut Fields) -> Option<Self> {
        let words = &[("maintenance", HealthOrder::Maintenance), ("unknown", HealthOrder::Unknown)];
        let order = fields.one_of("health_status", words);
        // Other members are another request's: PUT replaces them.
        fields.refuse_unknown();
        order.map(Self)
    }
}

/// What an operator orders.
#[derive(ToSchema)]
#[schema(as = HealthOrder)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct HealthWishBody {
    /// `maintenance` takes it out of rotation, `unknown` puts it back.
    #[schema(pattern = "^(maintenance|unknown)$", example = "maintenance")]
    health_status: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<HealthOrder, Vec<String>> {
        let Value::Object(members) = body else { panic!("not an object") };
        let mut fields = Fields::of(members);
        let wish = HealthWish::read(&mut fields);
        let wrong: Vec<String> = fields.into_violations().iter().map(ToString::to_string).collect();
        if wrong.is_empty() { Ok(wish.expect("a wish or a violation").0) } else { Err(wrong) }
    }

    #[test]
    fn an_operator_orders_maintenance_or_its_end_and_nothing_else() {
        assert_eq!(read(json!({"health_status": "maintenance"})), Ok(HealthOrder::Maintenance));
        assert_eq!(read(json!({"health_status": "unknown"})), Ok(HealthOrder::Unknown));
        for bad in [json!("healthy"), json!("unhealthy"), json!("Maintenance"), json!(1)] {
            assert!(read(json!({"health_status": bad})).is_err(), "{bad}");
        }
        assert_eq!(read(json!({})), Err(vec!["health_status is required".to_owned()]));
        let more = read(json!({"health_status": "unknown", "name": "x"}));
        assert_eq!(more, Err(vec!["name is not a member of this body".to_owned()]));
    }
}
