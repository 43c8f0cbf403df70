//! Runs the example as its user would, and reads what it prints.

use std::process::Command;

const EXPECTED: &str = "\
signed in: a submitter, and a reviewer who administrates
routable servers: 0
submitted: Weather is Pending
discovered: Weather offers sha256:a434d38d4d428af2e6f61518a856fb6f2d799099a82b343a65ed43659243547e
approved: Weather is Approved as weather
approved again: refused, it changed since it was read
routable servers: 1
weather resolves to https://weather.example.com/mcp with 2 tools
submitted: Notes is Pending
rejected: Notes is Rejected
submitted: Drafts is Pending
withdrawn: Drafts is gone
audit trail, newest first, 6 rows:
  Deleted by submitter
  Created by submitter
  Rejected by reviewer
  Created by submitter
  Approved by reviewer
  Created by submitter
";

#[test]
fn the_example_runs_the_whole_workflow() {
    let done = Command::new(env!("CARGO_BIN_EXE_embed-domain")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8(done.stdout).unwrap(), EXPECTED);
}
