//! What holds for every file that git would commit.

use super::finding::Finding;
use super::workspace::File;

const MIB: usize = 1024 * 1024;

/// Folders of one machine. Put together here, so that this file does not name them itself.
const MACHINES: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut found: Vec<_> = too_large(file).into_iter().collect();
    let Some(text) = &file.text else { return found };
    found.extend(machine_paths(&file.path, text));
    if may_be_mended(&file.path) && mended(text) != *text {
        found.push(Finding::error(
            &*file.path,
            first_difference(text),
            "has stray whitespace, run `cargo xtask tidy --fix`",
        ));
    }
    found
}

fn too_large(file: &File) -> Option<Finding> {
    let large = file.bytes > MIB && !file.path.ends_with(".gz");
    large.then(|| Finding::error(&*file.path, 1, "is larger than 1 MiB, compress it or leave it out"))
}

fn machine_paths(path: &str, text: &str) -> Vec<Finding> {
    let lines = text.lines().enumerate();
    let named = lines.filter(|(_, line)| MACHINES.iter().any(|machine| names_folder(line, machine)));
    named.map(|(at, _)| Finding::error(path, at + 1, "names a folder of one machine, make it relative")).collect()
}

/// Whether a path starts here; the same letters inside a URL or a longer path do not count.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"._-}>*".contains(before))
    })
}

/// Snapshots hold what a program said, spaces included.
pub(super) fn may_be_mended(path: &str) -> bool {
    !path.ends_with(".snap")
}

/// No space at the end of a line, one line end at the end of the file.
pub(super) fn mended(text: &str) -> String {
    let mut mended: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    mended.truncate(mended.trim_end().len());
    if !mended.is_empty() {
        mended.push('\n');
    }
    mended
}

fn first_difference(text: &str) -> usize {
    let mended = mended(text);
    let same = text.split('\n').zip(mended.split('\n')).take_while(|(old, new)| old == new).count();
    (same + 1).min(text.lines().count().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), bytes: text.len(), text: Some(text.to_owned()) };
        check(&file).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn folders_of_one_machine_are_found() {
        for (line, expected) in [
            ("cd /WORK/main", 1),
            ("path = \"/HOME/me\"", 1),
            ("file:///WORK/x", 1),
            ("https://example.com/WORK/x", 0),
            ("target/WORK/x", 0),
            ("work/ and home/", 0),
        ] {
            let line = line.replace("WORK", &MACHINES[0][1..5]).replace("HOME", &MACHINES[1][1..5]);
            assert_eq!(said("a.md", &format!("fine\n{line}\n")).len(), expected, "{line}");
        }
        let found = said("a.md", &format!("fine\n{}\n", MACHINES[0]));
        assert_eq!(found, ["a.md:2: names a folder of one machine, make it relative"]);
    }

    #[test]
    fn large_files_are_refused_unless_compressed() {
        let of = |path: &str, bytes| check(&File { path: path.to_owned(), bytes, text: None }).len();
        assert_eq!(of("a.json", MIB), 0);
        assert_eq!(of("a.json", MIB + 1), 1);
        assert_eq!(of("a.json.gz", 3 * MIB), 0);
    }

    #[test]
    fn stray_whitespace_is_found_and_mended() {
        for (text, expected, line) in [
            ("a \nb\n", "a\nb\n", Some(1)),
            ("a\nb", "a\nb\n", Some(2)),
            ("a\r\nb\n", "a\nb\n", Some(1)),
            ("a\n\n\n", "a\n", Some(3)),
            ("a\n\nb\n", "a\n\nb\n", None),
            ("", "", None),
        ] {
            assert_eq!(mended(text), expected, "{text:?}");
            let found = said("a.rs", text);
            assert_eq!(found.len(), usize::from(line.is_some()), "{text:?}");
            assert!(line.is_none_or(|line| found[0].starts_with(&format!("a.rs:{line}:"))), "{text:?}: {found:?}");
        }
        assert_eq!(said("a.snap", "a \n"), [""; 0]);
    }
}
