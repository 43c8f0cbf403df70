//! Finding the program under test beside the test's own executable.

use std::path::PathBuf;

/// The package that builds each program, for the message of a missing one.
const PACKAGES: [(&str, &str); 4] = [
    ("mcp-registry", "standalone"),
    ("public-api", "public-api"),
    ("mcp-gateway", "mcp-gateway"),
    ("mcp-echo-server", "registry-testkit"),
];

/// Where the programs are, if not beside the one that wants them.
const FOLDER: &str = "REGISTRY_BIN_DIR";

/// The path of program `name` in the profile folder that this test was built into, or in the folder
/// that `REGISTRY_BIN_DIR` names.
pub fn find(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return PathBuf::from(folder).join(name);
    }
    let test = std::env::current_exe().expect("a test knows its own executable");
    // target/<profile>/deps/<test>, or target/<profile>/<program> for a binary.
    test.ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
        .unwrap_or_else(|| {
            let package = PACKAGES
                .iter()
                .find_map(|(program, package)| (*program == name).then_some(*package))
                .unwrap_or(name);
            panic!(
                "the program {name} is not built beside {}; build it with: \
                 cargo build -p {package} --bin {name}",
                test.display()
            )
        })
}
