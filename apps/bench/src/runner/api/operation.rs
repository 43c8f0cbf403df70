//! The four operations: what to send, what has to be there before, and what afterwards.

use std::{fmt::Write as _, io::Write as _};

use super::stage::{Side, Stage, read_candidates};
use crate::runner::{Result, database::Database, http, wrk};

/// Whom a load's registrations belong to.
pub const CONTACT: &str = "load@bench";

/// A page as the console asks for it.
pub const LIST: &str = "/registrations?limit=20";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    List,
    Get,
    Create,
    Approve,
}

impl Operation {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 4] = [Self::List, Self::Get, Self::Create, Self::Approve];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Approve => "approve",
        }
    }

    /// Who does it.
    pub fn sides(self) -> &'static [Side] {
        match self {
            Self::Create => &[Side::Product, Side::Floor, Side::FloorWithoutTrail],
            _ => &[Side::Product, Side::Floor],
        }
    }

    /// Makes the rows that it needs: for an approval, registrations that wait for one.
    pub fn prepare(self, stage: &mut Stage, side: Side, rows: u64) -> Result<()> {
        if self != Self::Approve {
            return Ok(());
        }
        let upstream = stage.silent_upstream()?;
        let database = stage.database(side);
        // Together, so that nobody finds one that is still to be discovered.
        database.execute(&format!(
            "INSERT INTO registrations (endpoint_url, endpoint_name, description, owner_contact, \
             submitter_id) \
             SELECT '{upstream}/' || n, 'load-' || n, 'One of many servers', '{CONTACT}', user_id \
             FROM generate_series(1, {rows}) AS numbers (n), users WHERE entra_id = 'bench-user'; \
             {}",
            read_candidates(CONTACT)
        ))?;
        database.execute("ANALYZE")
    }

    /// The script that says what to send.
    pub fn script(self, stage: &mut Stage, side: Side) -> Result<String> {
        let person = if self == Self::Approve { &stage.admin } else { &stage.user };
        let mut script = wrk::headers(&person.headers())?;
        let prefix = side.prefix();
        match self {
            Self::List => {}
            Self::Get => script.push_str(&by_id(stage, &stage.ids, GET)?),
            Self::Create => {
                let draft = draft(&format!("{}/NUMBER", stage.silent_upstream()?), "load-NUMBER");
                let (path, body) = (format!("{prefix}/registrations"), draft);
                writeln!(script, "local path, body = '{path}', [==[{body}]==]{POST}")?;
            }
            Self::Approve => {
                let ids = stage.database(side).texts(&format!(
                    "SELECT registration_id FROM registrations WHERE owner_contact = '{CONTACT}'"
                ))?;
                script.push_str(&by_id(stage, &ids, PATCH)?);
            }
        }
        Ok(script)
    }

    /// Checks what a load has left behind, and clears it away.
    pub fn settle(self, stage: &mut Stage, side: Side, load: &wrk::Load) -> Result<()> {
        let database = stage.database(side);
        let ours = ours();
        let (status, action, kind) = match self {
            Self::List | Self::Get => return Ok(()),
            Self::Create => ("Pending", "Created", "RegistrationSubmitted"),
            Self::Approve => ("Approved", "Approved", "RegistrationApproved"),
        };
        // One statement, so one state: what wrk no longer waited for may still go on.
        let counts = database.texts(&format!(
            "SELECT unnest(ARRAY[\
             (SELECT count(*) FROM registrations WHERE {ours} AND status = '{status}'), \
             (SELECT count(*) FROM audit_log WHERE {ours} AND action = '{action}'), \
             (SELECT count(*) FROM events WHERE {ours} AND kind = '{kind}')])"
        ))?;
        let counts: Vec<u32> =
            counts.iter().map(|count| count.parse()).collect::<Result<_, _>>()?;
        let made = counts.first().copied().unwrap_or_default();
        let trail = if side == Side::FloorWithoutTrail { 0 } else { made };
        if f64::from(made) < load.requests || counts != [made, trail, trail] {
            return Err(format!(
                "{}, {}: {} answers, but these rows, audit rows and events: {counts:?}",
                self.name(),
                side.name(),
                load.requests
            )
            .into());
        }
        clear(database)
    }
}

/// Takes away what loads have made.
pub fn clear(database: &mut Database) -> Result<()> {
    let ours = ours();
    for statement in [
        format!("DELETE FROM audit_log WHERE {ours}"),
        format!("DELETE FROM events WHERE {ours}"),
        format!("DELETE FROM registrations WHERE {ours}"),
        "VACUUM (ANALYZE)".to_owned(),
    ] {
        database.execute(&statement)?;
    }
    Ok(())
}

fn ours() -> String {
    format!(
        "registration_id IN (SELECT registration_id FROM registrations \
         WHERE owner_contact = '{CONTACT}')"
    )
}

/// A submission.
pub fn draft(url: &str, name: &str) -> String {
    format!(
        r#"{{"endpoint_url":"{url}","endpoint_name":"{name}","description":"One of many servers","owner_contact":"{CONTACT}","available_tools":[{{"name":"echo"}}]}}"#
    )
}

/// One exchange as the load does it.
pub fn exchange(
    stage: &Stage,
    side: Side,
    method: &str,
    path: &str,
    body: &str,
) -> Result<http::Answer> {
    let person = if method == "PATCH" { &stage.admin } else { &stage.user };
    http::exchange(method, stage.address(side), path, &person.headers(), body)
}

/// A script over ids, which it reads from a file.
fn by_id(stage: &Stage, ids: &[String], then: &str) -> Result<String> {
    let file = stage.folder.path().join("ids");
    let mut to = std::io::BufWriter::new(std::fs::File::create(&file)?);
    for id in ids {
        writeln!(to, "{id}")?;
    }
    to.flush()?;
    let file = file.display();
    Ok(format!(
        "local ids = {{}}\nfor id in io.lines([==[{file}]==]) do ids[#ids + 1] = id end{then}"
    ))
}

/// Each id in turn, again and again.
const GET: &str = "
local n = 0
request = function()
  n = n % #ids + 1
  return wrk.format('GET', '/registrations/' .. ids[n])
end
";

/// Each id once; after the last one follow refusals, which make the round an error.
const PATCH: &str = "
local n = 0
request = function()
  n = n + 1
  local path = '/registrations/' .. (ids[n] or 'out-of-ids') .. '/status'
  return wrk.format('PATCH', path, nil, '{\"status\":\"Approved\"}')
end
";

/// Each body with a number of its own.
const POST: &str = "
local n = 0
request = function()
  n = n + 1
  return wrk.format('POST', path, nil, (body:gsub('NUMBER', n)))
end
";
