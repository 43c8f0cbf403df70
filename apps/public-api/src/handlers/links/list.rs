//! `GET /registrations/{registration_id}/links`.

use actix_web::{HttpRequest, HttpResponse, web};
use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases::list_links;
use registry_http_edge::{Guarded, PathId, Query};

use crate::handlers::Answer;
use crate::wire::link::LinkResponse;
use crate::wire::list::{self, PageQuery};

type Input = (PathId<RegistrationId>, Query<PageQuery>);

pub(crate) async fn handle(
    request: HttpRequest,
    ports: web::Data<RegistryPorts>,
    Guarded { caller, input: (PathId(id), Query(PageQuery(asked))), .. }: Guarded<Input>,
) -> Answer {
    let page = list_links(&ports, &caller, id, asked).await?;
    Ok(list::shown(HttpResponse::Ok(), &request, asked, &page, LinkResponse::of))
}
