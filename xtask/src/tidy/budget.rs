//! How long files and functions may be, tests aside.

use super::finding::Finding;
use super::source::{Function, Source};
use super::workspace::Package;

/// Lines of a file: what is aimed at, and what is refused.
const FILE: (usize, usize) = (400, 700);
/// Lines of a function: what is listed, and what is refused.
const FUNCTION: (usize, usize) = (60, 100);
/// Of a crate's functions, 95 in 100 are no longer than this.
const P95: usize = 30;

pub(super) fn files(sources: &[Source]) -> Vec<Finding> {
    sources.iter().filter(|source| !source.test).filter_map(file).collect()
}

fn file(source: &Source) -> Option<Finding> {
    let lines = source.code_lines();
    let says = format!("has {lines} lines without tests, split it (aim at {}, {} is the end)", FILE.0, FILE.1);
    graded(lines, FILE, &source.path, 1, says)
}

pub(super) fn functions(package: &Package, sources: &[Source]) -> Vec<Finding> {
    let own = sources.iter().filter(|source| !source.test && package.owns(&source.path));
    let mut lengths = Vec::new();
    let mut found = Vec::new();
    for source in own {
        lengths.extend(source.functions.iter().map(|function| function.length));
        found.extend(source.functions.iter().filter_map(|each| function(&source.path, each)));
    }
    found.extend(p95(&mut lengths).filter(|p95| *p95 > P95).map(|p95| too_long_as_a_whole(package, p95)));
    found
}

fn function(path: &str, function: &Function) -> Option<Finding> {
    let Function { name, line, length } = function;
    graded(*length, FUNCTION, path, *line, format!("`{name}` has {length} lines, split it"))
}

fn too_long_as_a_whole(package: &Package, p95: usize) -> Finding {
    let says = format!("the 95th percentile of function lengths is {p95} lines, shorten the longest until it is {P95}");
    Finding::error(package.manifest(), 1, says)
}

/// The nearest rank: the shortest length that at least 95 in 100 do not exceed.
fn p95(lengths: &mut [usize]) -> Option<usize> {
    lengths.sort_unstable();
    lengths.get((lengths.len() * 95).div_ceil(100).checked_sub(1)?).copied()
}

fn graded(value: usize, (note, error): (usize, usize), path: &str, line: usize, says: String) -> Option<Finding> {
    match value {
        _ if value > error => Some(Finding::error(path, line, says)),
        _ if value > note => Some(Finding::note(path, line, says)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, lines: usize, functions: &[usize]) -> Source {
        let functions = functions.iter().map(|length| Function { name: "f".to_owned(), line: 1, length: *length });
        Source { path: path.to_owned(), lines, functions: functions.collect(), ..Source::default() }
    }

    fn said(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn long_files_are_noted_and_very_long_ones_refused() {
        let of = |lines| said(&files(&[source("a.rs", lines, &[])]));
        assert_eq!(of(400), [""; 0]);
        assert!(of(401)[0].starts_with("a.rs:1: note: has 401 lines"));
        assert!(of(700)[0].contains("note"));
        assert!(of(701)[0].starts_with("a.rs:1: has 701 lines"));
        assert!(files(&[Source { test: true, ..source("a.rs", 9000, &[]) }]).is_empty());
    }

    #[test]
    fn long_functions_are_noted_and_very_long_ones_refused() {
        let short = [1; 20];
        let package = Package { folder: "crates/a".to_owned(), ..Package::default() };
        let of = |longest: usize| {
            let functions: Vec<_> = short.iter().copied().chain([longest]).collect();
            said(&functions_of(&package, &functions))
        };
        assert_eq!(of(60), [""; 0]);
        assert!(of(61)[0].contains("note: `f` has 61 lines"));
        assert!(of(101)[0].ends_with("rs:1: `f` has 101 lines, split it"));
    }

    #[test]
    fn a_crate_of_long_functions_is_refused() {
        let package = Package { folder: "crates/a".to_owned(), ..Package::default() };
        assert_eq!(said(&functions_of(&package, &[30; 40])), [""; 0]);
        assert!(said(&functions_of(&package, &[31; 40]))[0].contains("percentile of function lengths is 31 lines"));
    }

    fn functions_of(package: &Package, lengths: &[usize]) -> Vec<Finding> {
        functions(package, &[source("crates/a/src/lib.rs", 1, lengths), source("crates/ab/src/lib.rs", 1, &[500])])
    }

    #[test]
    fn the_percentile_is_the_nearest_rank() {
        let hundred: Vec<_> = (1..=100).collect();
        for (mut lengths, expected) in [
            (vec![], None),
            (vec![7], Some(7)),
            (vec![9, 1], Some(9)),
            (hundred, Some(95)),
            ((1..=20).collect(), Some(19)),
        ] {
            assert_eq!(p95(&mut lengths), expected, "{lengths:?}");
        }
    }
}
