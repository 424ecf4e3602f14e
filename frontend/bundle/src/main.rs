//! From the compiled app to the files that a browser loads: its parts, bindings, one style sheet, the page, names that
//! change with their content. `cargo xtask console` calls it: `bundle <console.wasm> <frontend folder> <output folder> [limit in kB]`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks to its terminal"
)]

use std::collections::BTreeMap;
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
/// The page that loads all else.
const PAGE: &str = "index.html";
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
    let app = fs::read(wasm)?;
    let styles = style_sheet(frontend)?;
    // The scripts and modules name each other, in circles: what is in one name is in all.
    let build = digest(&[&app, styles.as_bytes()]);
    let scratch = output.with_extension("raw");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch)?;
    let bindings = format!("console-{build}.js");
    let loader = format!("parts-{build}.js");
    let parts = take_apart(&app, &scratch, &bindings, &loader)?;
    let script = bind(&scratch, &loader)?;
    let mut files = Files::default();
    let module = format!("console-{build}.wasm");
    files.add(&module, fs::read(scratch.join("bound/app_bg.wasm"))?);
    let mut loading = fs::read_to_string(scratch.join(&loader))?;
    for part in &parts.files {
        let name = format!("{part}-{build}.wasm");
        loading = loading.replace(&format!("\"./{part}.wasm\""), &format!("\"./{name}\""));
        let path = scratch.join(part).with_extension("wasm");
        files.add(&name, shorter(&fs::read(path)?)?);
    }
    files.add(&bindings, script.into_bytes());
    files.add(&loader, loading.into_bytes());
    let start = format!("start-{build}.js");
    files.add(&start, format!(
        "import start from \"./{bindings}\";\nstart({{ module_or_path: new URL(\"./{module}\", import.meta.url) }});\n"
    ).into_bytes());
    let sheet = format!("console-{build}.css");
    files.add(&sheet, styles.into_bytes());
    files.add(PAGE, page(&start, &bindings, &module, &sheet).into_bytes());
    let _ = fs::remove_dir_all(output);
    fs::create_dir_all(output)?;
    fs::remove_dir_all(&scratch)?;
    let packed = files.write(output)?;
    let pages = parts.needed_by_page.iter().map(|(part, needed)| {
        let of = |name: &String| {
            packed
                .get(&format!("{name}-{build}.wasm"))
                .copied()
                .unwrap_or(0)
        };
        (
            part,
            packed.get(&module).copied().unwrap_or(0) + needed.iter().map(of).sum::<usize>(),
        )
    });
    println!("\nWASM that is fetched for a page of a part, in all:");
    let mut most = 0;
    for (part, bytes) in pages {
        println!("{part:<36} {:>9} {bytes:>9}", "");
        most = most.max(bytes);
    }
    match limit_kb {
        Some(limit) if most > limit * 1000 => {
            Err(format!("a page needs {most} bytes of WASM, gzipped: more than {limit} kB").into())
        }
        _ => Ok(()),
    }
}

/// What the app was taken apart into.
struct Parts {
    /// Stems of the modules beside the first.
    files: Vec<String>,
    /// Which of them a page of a part needs.
    needed_by_page: BTreeMap<String, Vec<String>>,
}

/// The first module is left as `app.wasm`, the others and their loader are beside it.
fn take_apart(app: &[u8], scratch: &Path, bindings: &str, loader: &str) -> Result<Parts> {
    let first = scratch.join("app.wasm");
    let (bindings, link) = (format!("./{bindings}"), format!("./{loader}"));
    let mut options = wasm_split_cli_support::Options::new(app);
    options.output_dir = scratch;
    options.main_out_path = &first;
    options.main_module = &bindings;
    options.link_name = &link;
    let split = wasm_split_cli_support::transform(options).map_err(|error| format!("{error:#}"))?;
    let stem = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    Ok(Parts {
        files: split.split_modules.iter().filter_map(stem).collect(),
        needed_by_page: split.prefetch_map.into_iter().collect(),
    })
}

/// A module without names, and with its numbers in as few bytes as they need: as linked, each takes five.
fn shorter(module: &[u8]) -> Result<Vec<u8>> {
    let mut config = walrus::ModuleConfig::new();
    config.generate_name_section(false);
    config.generate_producers_section(false);
    let mut module = config.parse(module)?;
    Ok(module.emit_wasm())
}

/// The script between the first module and the browser. Names of functions are for debuggers, and a quarter of the file.
fn bind(scratch: &Path, loader: &str) -> Result<String> {
    let mut generated = Bindgen::new()
        .input_path(scratch.join("app.wasm"))
        .web(true)?
        .typescript(false)
        // The other modules are linked with them.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let script = generated.js().to_owned();
    generated.emit(scratch.join("bound"))?;
    if script.contains(loader) {
        Ok(script)
    } else {
        Err(format!("the bindings do not import {loader}").into())
    }
}

/// The first digits of the hash of some contents.
fn digest(contents: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for content in contents {
        hash.update(content);
    }
    let digits = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    digits.get(..DIGITS).unwrap_or(&digits).to_owned()
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

    /// Writes all, each also compressed, and says how large they are. Answers the compressed size of each.
    fn write(&self, output: &Path) -> Result<BTreeMap<String, usize>> {
        let mut sizes = BTreeMap::new();
        println!("{:<36} {:>9} {:>9}", "file", "bytes", "gzipped");
        for (name, content) in &self.0 {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(content)?;
            let compressed = encoder.finish()?;
            println!("{name:<36} {:>9} {:>9}", content.len(), compressed.len());
            fs::write(output.join(name), content)?;
            fs::write(output.join(format!("{name}.gz")), &compressed)?;
            sizes.insert(name.clone(), compressed.len());
        }
        let raw: usize = self.0.iter().map(|(_, content)| content.len()).sum();
        println!(
            "{:<36} {raw:>9} {:>9}",
            "all",
            sizes.values().sum::<usize>()
        );
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::{digest, shortened};

    #[test]
    fn a_style_sheet_loses_what_no_browser_reads() {
        assert_eq!(
            shortened("/* why\n more */\n.a {\n  b: c;\n}\n\n/* d */ .e { }\n"),
            ".a {\nb: c;\n}\n.e { }\n"
        );
    }

    #[test]
    fn names_change_with_any_content() {
        assert_ne!(digest(&[b"1", b"2"]), digest(&[b"1", b"3"]));
        assert_eq!(digest(&[b"1"]).len(), super::DIGITS);
    }
}
