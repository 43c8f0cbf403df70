//! Search: substrings, whatever the case; nothing in the text searched for is a wildcard.

use registry_domain::id::RegistrationId;
use registry_domain::ports::RegistrationQuery;

use crate::world::{World, draft};
use crate::{Failed, Outcome};

async fn named(world: &World, number: u32, name: &str) -> Result<RegistrationId, Failed> {
    let mut draft = draft(number);
    name.clone_into(&mut draft.endpoint_name);
    draft.description = None;
    Ok(world.submitted_as(draft, None).await?.id)
}

async fn found(world: &World, text: &str) -> Result<Vec<RegistrationId>, Failed> {
    let search = Some(text.to_owned());
    let query = RegistrationQuery { search, limit: 100, ..RegistrationQuery::default() };
    let page = world.ports().registrations.list(&query).await?;
    assert_eq!(page.total, u64::try_from(page.items.len())?, "{text}");
    Ok(page.items.into_iter().map(|view| view.registration.id).collect())
}

pub(crate) async fn search_takes_wildcards_literally(world: &World) -> Outcome {
    let percent = named(world, 1, "100% sure").await?;
    let underscore = named(world, 2, "snake_case").await?;
    let backslash = named(world, 3, r"C:\mcp").await?;
    let bracket = named(world, 4, "a[b]*c?").await?;
    assert_eq!(found(world, "%").await?, [percent]);
    assert_eq!(found(world, "0% s").await?, [percent]);
    assert_eq!(found(world, "_").await?, [underscore]);
    assert_eq!(found(world, r"\").await?, [backslash]);
    assert_eq!(found(world, r"\mcp").await?, [backslash]);
    assert_eq!(found(world, "[b]*").await?, [bracket]);
    assert_eq!(found(world, r"\%").await?, []);
    assert_eq!(found(world, "'").await?, []);
    Ok(())
}

pub(crate) async fn search_folds_case_in_any_script(world: &World) -> Outcome {
    let latin = named(world, 1, "CAFÉ crème").await?;
    let greek = named(world, 2, "Οδός ΟΔΟΣ").await?;
    let cyrillic = named(world, 3, "ПОИСК").await?;
    for (text, expected) in
        [("café", latin), ("CRÈME", latin), ("fÉ", latin), ("οδοΣ", greek), ("поиск", cyrillic)]
    {
        assert_eq!(found(world, text).await?, [expected], "{text}");
    }
    Ok(())
}

pub(crate) async fn search_looks_into_name_contact_and_description(world: &World) -> Outcome {
    let mut draft = draft(1);
    "Weather".clone_into(&mut draft.endpoint_name);
    "Team Nimbus".clone_into(&mut draft.owner_contact);
    draft.description = Some("rain and snow".to_owned());
    let id = world.submitted_as(draft, None).await?.id;
    world.submitted(2).await?;
    for text in ["weather", "nimbus", "RAIN AND", ""] {
        assert!(found(world, text).await?.contains(&id), "{text}");
    }
    assert_eq!(found(world, "").await?.len(), 2);
    assert_eq!(found(world, "s1.example.com").await?, [], "not into the address");
    Ok(())
}
