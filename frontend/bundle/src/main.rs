//! From the compiled app to the files that a browser loads: bindings, one style sheet, the page, names that change with
//! their content. `cargo xtask console` calls it: `bundle <console.wasm> <frontend folder> <output folder> [limit in kB]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its terminal"
)]

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use wasm_bindgen_cli_support::Bindgen;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The path below which the console is served; `console::config::BASE`.
const BASE: &str = "/console";
/// Digits of a hash in a name.
const DIGITS: usize = 16;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [wasm, frontend, output] => bundle(wasm.as_ref(), frontend.as_ref(), output.as_ref(), None),
        [wasm, frontend, output, limit] => match limit.parse() {
            Ok(limit) => bundle(
                wasm.as_ref(),
                frontend.as_ref(),
                output.as_ref(),
                Some(limit),
            ),
            Err(error) => Err(format!("the limit `{limit}` is no number of kB: {error}").into()),
        },
        _ => Err("bundle <console.wasm> <frontend folder> <output folder> [limit in kB]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundle: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bundle(wasm: &Path, frontend: &Path, output: &Path, limit_kb: Option<usize>) -> Result {
    // Names of functions are for debuggers, and a quarter of the file.
    let mut generated = Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let script = generated.js().to_owned();
    let scratch = output.with_extension("raw");
    let _ = fs::remove_dir_all(&scratch);
    generated.emit(&scratch)?;
    let mut files = Files::default();
    let module = files.hashed("console", "wasm", fs::read(find(&scratch, "wasm")?)?);
    let bindings = files.hashed("console", "js", script.into_bytes());
    let start = format!(
        "import start from \"./{bindings}\";\nstart({{ module_or_path: new URL(\"./{module}\", import.meta.url) }});\n"
    );
    let start = files.hashed("start", "js", start.into_bytes());
    let styles = files.hashed("console", "css", style_sheet(frontend)?.into_bytes());
    files.add(
        "index.html",
        page(&start, &bindings, &module, &styles).into_bytes(),
    );
    let _ = fs::remove_dir_all(output);
    fs::create_dir_all(output)?;
    fs::remove_dir_all(&scratch)?;
    files.write(output, &module, limit_kb)
}

fn find(folder: &Path, extension: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|found| found == extension))
        .ok_or_else(|| format!("no .{extension} in {}", folder.display()).into())
}

/// Tokens, what every page starts from, then the components by name, then the app's own.
fn style_sheet(frontend: &Path) -> Result<String> {
    let ui = frontend.join("ui/src");
    let mut paths = vec![ui.join("tokens.css"), ui.join("base.css")];
    let mut beside = Vec::new();
    collect(&ui, &mut beside)?;
    collect(&frontend.join("console/src"), &mut beside)?;
    beside.sort();
    beside.retain(|path| !paths.contains(path));
    paths.extend(beside);
    let mut sheet = String::new();
    for path in paths {
        sheet.push_str(&shortened(&fs::read_to_string(path)?));
    }
    Ok(sheet)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "css") {
            found.push(path);
        }
    }
    Ok(())
}

/// Without comments, indentation and empty lines. Our style sheets have no comment sign within a text.
fn shortened(css: &str) -> String {
    let mut kept = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .fold(String::new(), |sheet, line| sheet + line + "\n")
}

fn page(start: &str, bindings: &str, module: &str, styles: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Disaster recovery orchestrator</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{BASE}/{styles}">
<link rel="modulepreload" href="{BASE}/{bindings}">
<link rel="preload" href="{BASE}/{module}" as="fetch" type="application/wasm" crossorigin>
<script type="module" src="{BASE}/{start}"></script>
</head>
<body><noscript>This console needs JavaScript and WebAssembly.</noscript></body>
</html>
"#
    )
}

/// What is to be written.
#[derive(Default)]
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn add(&mut self, name: &str, content: Vec<u8>) {
        self.0.push((name.to_owned(), content));
    }

    /// Adds a file whose name changes with its content, and gives the name.
    fn hashed(&mut self, stem: &str, extension: &str, content: Vec<u8>) -> String {
        let digest: String = Sha256::digest(&content)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let name = format!(
            "{stem}-{}.{extension}",
            digest.get(..DIGITS).unwrap_or(&digest)
        );
        self.add(&name, content);
        name
    }

    /// Writes all, each also compressed, and says how large they are.
    fn write(&self, output: &Path, module: &str, limit_kb: Option<usize>) -> Result {
        let (mut raw, mut packed, mut of_module) = (0, 0, 0);
        println!("{:<36} {:>9} {:>9}", "file", "bytes", "gzipped");
        for (name, content) in &self.0 {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content)?;
            let compressed = encoder.finish()?;
            println!("{name:<36} {:>9} {:>9}", content.len(), compressed.len());
            raw += content.len();
            packed += compressed.len();
            if name == module {
                of_module = compressed.len();
            }
            fs::write(output.join(name), content)?;
            fs::write(output.join(format!("{name}.gz")), compressed)?;
        }
        println!("{:<36} {raw:>9} {packed:>9}", "all");
        match limit_kb {
            Some(limit) if of_module > limit * 1000 => {
                Err(format!("{module} is {of_module} bytes gzipped, more than {limit} kB").into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, shortened};

    #[test]
    fn a_style_sheet_loses_what_no_browser_reads() {
        assert_eq!(
            shortened("/* why\n more */\n.a {\n  b: c;\n}\n\n/* d */ .e { }\n"),
            ".a {\nb: c;\n}\n.e { }\n"
        );
    }

    #[test]
    fn a_name_changes_with_its_content() {
        let mut files = Files::default();
        let one = files.hashed("a", "js", b"1".to_vec());
        let two = files.hashed("a", "js", b"2".to_vec());
        assert!(one.starts_with("a-") && one.ends_with(".js") && one != two);
    }
}
