//! Setting up the programs that tests call: other people's ledgers and validators.

use crate::process::{command, succeeds, tools_folder, works};
use anyhow::Result;
use std::path::Path;

/// Where a missing program comes from.
#[derive(Clone, Copy)]
enum Source {
    /// A package of Debian.
    Debian(&'static str),
    /// A package of the Python index, put into an environment below the build folder.
    Python(&'static str),
}

/// A program that tests call.
struct Tool {
    program: &'static str,
    /// An argument with which it does nothing and succeeds.
    probe: &'static str,
    source: Source,
}

const TOOLS: [Tool; 4] = [
    Tool { program: "hledger", probe: "--version", source: Source::Debian("hledger") },
    Tool { program: "bean-check", probe: "--help", source: Source::Python("beancount") },
    Tool { program: "ofxget", probe: "--help", source: Source::Python("ofxtools") },
    Tool { program: "xmllint", probe: "--version", source: Source::Debian("libxml2-utils") },
];

/// Sets up what is missing. What cannot be set up is named: the tests that need it say that they
/// are skipped, and whether that is a failure is decided there.
pub(crate) fn set_up(root: &Path) -> Result<bool> {
    install_debian(root, &missing(root)?)?;
    install_python(root, &missing(root)?)?;
    for tool in missing(root)? {
        println!("missing: {} (tests that need it are skipped)", tool.program);
        println!("  hint: {}", hint(tool.source));
    }
    Ok(true)
}

fn missing(root: &Path) -> Result<Vec<&'static Tool>> {
    let mut missing = Vec::new();
    for tool in &TOOLS {
        if !works(&mut command(root, tool.program, &[tool.probe])?) {
            missing.push(tool);
        }
    }
    Ok(missing)
}

fn install_debian(root: &Path, missing: &[&Tool]) -> Result<()> {
    let package = |tool: &&Tool| match tool.source {
        Source::Debian(package) => Some(package),
        Source::Python(_) => None,
    };
    let packages: Vec<_> = missing.iter().filter_map(package).collect();
    if packages.is_empty() || !may_install(root)? {
        return Ok(());
    }
    // One retry and short waits, so that a machine without a network goes on soon.
    let patience = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20"];
    let update = [&patience[..], &["update", "-qq"]].concat();
    let install =
        [&patience[..], &["install", "-y", "-qq", "--no-install-recommends"], &packages].concat();
    for arguments in [update, install] {
        let mut apt = command(root, "apt-get", &arguments)?;
        if !succeeds(apt.env("DEBIAN_FRONTEND", "noninteractive"))? {
            println!("apt-get could not install {}", packages.join(", "));
            break;
        }
    }
    Ok(())
}

/// Packages of the system may be installed by root where there is an apt.
fn may_install(root: &Path) -> Result<bool> {
    let is_root = command(root, "id", &["-u"])?.output().is_ok_and(|id| id.stdout == b"0\n");
    Ok(is_root && works(&mut command(root, "apt-get", &["--version"])?))
}

fn install_python(root: &Path, missing: &[&Tool]) -> Result<()> {
    let folder = tools_folder(root);
    for tool in missing {
        let Source::Python(package) = tool.source else { continue };
        if !works(&mut command(root, "python3", &["--version"])?) {
            break;
        }
        let folder = folder.to_string_lossy();
        let pip = format!("{folder}/bin/pip");
        let made = succeeds(&mut command(root, "python3", &["-m", "venv", &folder])?)?;
        let arguments = ["install", "--quiet", "--disable-pip-version-check", package];
        if !made || !succeeds(&mut command(root, &pip, &arguments)?)? {
            println!("pip could not install {package}");
        }
    }
    Ok(())
}

fn hint(source: Source) -> String {
    match source {
        Source::Debian(package) => format!("apt-get install {package}"),
        Source::Python(package) => format!("pip install {package}"),
    }
}
