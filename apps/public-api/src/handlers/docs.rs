//! The API's documentation. It is open to visitors: it tells nothing that the source does not.

pub(crate) mod show_openapi;
pub(crate) mod show_redoc;
pub(crate) mod show_redoc_style;
pub(crate) mod show_swagger;
pub(crate) mod show_swagger_file;
