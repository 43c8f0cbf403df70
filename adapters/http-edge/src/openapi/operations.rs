//! A document's operations, one by one.

use utoipa::openapi::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, PathItem};

use super::ERROR_CODES;
use crate::code::Code;

/// Every operation with its path and method, in the document's order.
pub fn each(document: &OpenApi) -> Vec<(&str, &'static str, &Operation)> {
    let of_path =
        |(path, item): (_, _)| methods(item).map(move |(method, found)| (path, method, found));
    let paths = document.paths.paths.iter().map(|(path, item)| (path.as_str(), item));
    paths.flat_map(of_path).collect()
}

fn methods(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// The same, to be changed.
pub fn each_mut(document: &mut OpenApi) -> Vec<(&str, &'static str, &mut Operation)> {
    let mut found = Vec::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            ("GET", &mut item.get),
            ("POST", &mut item.post),
            ("PUT", &mut item.put),
            ("PATCH", &mut item.patch),
            ("DELETE", &mut item.delete),
        ] {
            found.extend(operation.as_mut().map(|operation| (path.as_str(), method, operation)));
        }
    }
    found
}

/// The codes that an operation states. A word that is no code is passed over here; a test of each
/// document finds it with [`unknown_codes`].
pub fn stated_codes(operation: &Operation) -> Vec<Code> {
    words(operation).into_iter().filter_map(code_of).collect()
}

/// What an operation states as a code and is none.
pub fn unknown_codes(operation: &Operation) -> Vec<&str> {
    words(operation).into_iter().filter(|word| code_of(word).is_none()).collect()
}

/// Lets an operation state all its codes.
pub(super) fn state_codes(operation: &mut Operation, codes: &[Code]) {
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    operation
        .extensions
        .get_or_insert_with(Extensions::default)
        .insert(ERROR_CODES.to_owned(), codes.into());
}

fn words(operation: &Operation) -> Vec<&str> {
    let stated = operation.extensions.as_ref().and_then(|extensions| extensions.get(ERROR_CODES));
    let stated = stated.and_then(|stated| stated.as_array());
    stated.into_iter().flatten().map(|word| word.as_str().unwrap_or_default()).collect()
}

fn code_of(word: &str) -> Option<Code> {
    Code::ALL.iter().copied().find(|code| code.as_str() == word)
}
