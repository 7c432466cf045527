//! A Rust file as the rules see it: its words, its functions, and which of its lines are tests.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItem, Item, Meta, Signature, UseTree};

use super::finding::Finding;
use super::workspace::File;

#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) path: String,
    /// Lies in a tests folder, or is a module that only tests compile.
    pub(super) test: bool,
    pub(super) lines: usize,
    pub(super) words: Vec<Word>,
    /// Outside tests, in the order of the file.
    pub(super) functions: Vec<Function>,
    /// Everything that is imported, as `std::time::Instant`.
    pub(super) imports: BTreeSet<String>,
    pub(super) tests: Vec<RangeInclusive<usize>>,
    pub(super) test_modules: Vec<String>,
}

/// A token: an identifier, a literal as written, one character of punctuation, one bracket.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) line: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    /// From its signature to its closing brace, in lines.
    pub(super) length: usize,
}

/// Every Rust file of the workspace; one that cannot be read is a finding.
pub(super) fn parse_all(files: &[File]) -> Vec<Result<Source, Finding>> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut sources: Vec<_> = rust.filter_map(|file| Some(Source::parse(&file.path, file.text.as_deref()?))).collect();
    let modules: Vec<_> = sources.iter().flatten().flat_map(Source::test_files).collect();
    for source in sources.iter_mut().flatten() {
        let path = source.path.as_str();
        source.test |=
            modules.iter().any(|module| path == format!("{module}.rs") || path.starts_with(&format!("{module}/")));
    }
    sources
}

impl Source {
    pub(super) fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let file = syn::parse_file(text).map_err(|error| unreadable(path, &error))?;
        let tokens = text.parse().map_err(|error: proc_macro2::LexError| unreadable(path, &error.into()))?;
        let mut source =
            Self { path: path.to_owned(), test: in_tests(path), lines: text.lines().count(), ..Self::default() };
        push_words(tokens, &mut source.words);
        source.visit_file(&file);
        Ok(source)
    }

    /// Lines outside inline tests.
    pub(super) fn code_lines(&self) -> usize {
        self.lines - self.tests.iter().map(|range| range.end() - range.start() + 1).sum::<usize>()
    }

    pub(super) fn is_test(&self, line: usize) -> bool {
        self.test || self.tests.iter().any(|range| range.contains(&line))
    }

    /// Where the words of a pattern, written with a space between them, stand one after the other.
    pub(super) fn find(&self, pattern: &str) -> Vec<usize> {
        let wanted: Vec<_> = pattern.split(' ').collect();
        let windows = self.words.windows(wanted.len()).enumerate();
        windows.filter(|(_, words)| words.iter().map(|word| &word.text).eq(&wanted)).map(|(at, _)| at).collect()
    }

    /// Paths, without `.rs`, of the modules that this file declares for tests only.
    fn test_files(&self) -> Vec<String> {
        let stem = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let folder = if ["lib", "main", "mod"].contains(&name) { folder } else { stem };
        self.test_modules.iter().map(|module| format!("{folder}/{module}")).collect()
    }

    fn add_function(&mut self, signature: &Signature, block: &Block) {
        let line = signature.span().start().line;
        let end = block.brace_token.span.close().end().line;
        self.functions.push(Function { name: signature.ident.to_string(), line, length: end - line + 1 });
    }

    fn add_test(&mut self, item: &impl Spanned) {
        let span = item.span();
        self.tests.push(span.start().line..=span.end().line);
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            return visit::visit_item(self, item);
        }
        match item {
            Item::Mod(module) if module.content.is_none() => self.test_modules.push(module.ident.to_string()),
            _ => self.add_test(item),
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        match item {
            ImplItem::Fn(function) if function.attrs.iter().any(is_for_tests) => self.add_test(item),
            _ => visit::visit_impl_item(self, item),
        }
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add_function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add_function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add_function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        add_imports(&import.tree, "", &mut self.imports);
    }
}

fn add_imports(tree: &UseTree, prefix: &str, imports: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => add_imports(&path.tree, &format!("{prefix}{}::", path.ident), imports),
        UseTree::Group(group) => group.items.iter().for_each(|tree| add_imports(tree, prefix, imports)),
        UseTree::Name(name) => drop(imports.insert(format!("{prefix}{}", name.ident))),
        UseTree::Rename(rename) => drop(imports.insert(format!("{prefix}{}", rename.ident))),
        UseTree::Glob(_) => drop(imports.insert(format!("{prefix}*"))),
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]` and `#[cfg(all(test, ..))]`; not `any`, which other builds see too.
fn is_for_tests(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if path.segments.last().is_some_and(|segment| segment.ident == "test") {
        return true;
    }
    let Meta::List(list) = &attribute.meta else { return false };
    let words: Vec<_> = list.tokens.clone().into_iter().map(|token| token.to_string()).collect();
    let first = words.first().map(String::as_str);
    path.is_ident("cfg") && (first == Some("test") || is_all_of_test(first, &list.tokens))
}

fn is_all_of_test(first: Option<&str>, tokens: &TokenStream) -> bool {
    let mut inner = Vec::new();
    push_words(tokens.clone(), &mut inner);
    first == Some("all") && inner.get(2).is_some_and(|word| word.text == "test")
}

fn in_tests(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "benches")
}

fn unreadable(path: &str, error: &syn::Error) -> Finding {
    Finding::error(path, error.span().start().line, format!("cannot be parsed ({error}), make it compile"))
}

fn push_words(tokens: TokenStream, words: &mut Vec<Word>) {
    for token in tokens {
        let line = token.span().start().line;
        match token {
            TokenTree::Group(group) => {
                let text = group.delimiter();
                let (open, close) = brackets(text);
                words.push(Word { text: open.to_owned(), line });
                push_words(group.stream(), words);
                words.push(Word { text: close.to_owned(), line: group.span_close().start().line });
            }
            other => words.push(Word { text: other.to_string(), line }),
        }
    }
}

fn brackets(delimiter: proc_macro2::Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        proc_macro2::Delimiter::Parenthesis => ("(", ")"),
        proc_macro2::Delimiter::Brace => ("{", "}"),
        proc_macro2::Delimiter::Bracket => ("[", "]"),
        proc_macro2::Delimiter::None => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &str = r#"//! Docs.
use std::{fmt, time::Instant as Clock};

/// Adds.
pub fn add(
    a: u8,
) -> u8 {
    a + 1
}

trait Named {
    fn name(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn adds() {}
}

#[cfg(all(test, unix))]
mod only_here;
"#;

    #[test]
    fn functions_lines_and_imports_are_read() {
        let source = Source::parse("crates/a/src/lib.rs", MIXED).unwrap();
        let expected = [("add", 5, 5), ("name", 12, 3)];
        let expected = expected.map(|(name, line, length)| Function { name: name.to_owned(), line, length });
        assert_eq!(source.functions, expected);
        assert_eq!((source.lines, source.code_lines()), (24, 19));
        assert_eq!(source.imports.iter().collect::<Vec<_>>(), ["std::fmt", "std::time::Instant"]);
        assert_eq!(source.test_files(), ["crates/a/src/only_here"]);
    }

    #[test]
    fn test_lines_are_told_apart() {
        let source = Source::parse("crates/a/src/x.rs", MIXED).unwrap();
        assert_eq!([1, 8, 17, 20, 21, 23].map(|line| source.is_test(line)), [false, false, true, true, true, false]);
        assert_eq!(source.test_files(), ["crates/a/src/x/only_here"]);
        assert!(Source::parse("crates/a/tests/it/main.rs", "fn f() {}").unwrap().is_test(1));
    }

    #[test]
    fn what_counts_as_a_test() {
        for (attribute, expected) in [
            ("#[test]", true),
            ("#[tokio::test(start_paused = true)]", true),
            ("#[cfg(test)]", true),
            ("#[cfg(all(test, unix))]", true),
            ("#[cfg(any(test, feature = \"fake\"))]", false),
            ("#[cfg(not(test))]", false),
            ("#[cfg(feature = \"test\")]", false),
        ] {
            let source = Source::parse("a.rs", &format!("{attribute}\nfn f() {{}}\n")).unwrap();
            assert_eq!(source.is_test(2), expected, "{attribute}");
        }
    }

    #[test]
    fn modules_for_tests_only_are_tests_with_all_below_them() {
        let files =
            [("a/src/lib.rs", "#[cfg(test)]\nmod t;"), ("a/src/t.rs", ""), ("a/src/t/u.rs", ""), ("a/src/tt.rs", "")]
                .map(|(path, text)| File { path: path.to_owned(), bytes: 0, text: Some(text.to_owned()) });
        let tests: Vec<_> = parse_all(&files).into_iter().map(|source| source.unwrap().test).collect();
        assert_eq!(tests, [false, true, true, false]);
    }

    #[test]
    fn patterns_are_found_in_macros_and_not_in_text() {
        let source =
            Source::parse("a.rs", "// a.unwrap()\nfn f() {\n    vec![b.unwrap()];\n    \"c.unwrap()\";\n}\n").unwrap();
        let lines: Vec<_> = source.find(". unwrap ( )").into_iter().map(|at| source.words[at].line).collect();
        assert_eq!(lines, [3]);
    }

    #[test]
    fn a_file_that_does_not_parse_is_a_finding() {
        let finding = Source::parse("a.rs", "fn f( {").unwrap_err();
        assert!(finding.to_string().starts_with("a.rs:1: cannot be parsed"), "{finding}");
    }
}
