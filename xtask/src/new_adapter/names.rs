//! What things are called, made of what was asked for.

use anyhow::{Result, bail};

/// Everything that a template may name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Names {
    /// After `composio-`: `adk-rust`.
    pub(super) name: String,
    /// The same in functions and packages of examples: `adk_rust`.
    pub(super) snake: String,
    /// The same in types: `AdkRust`.
    pascal: String,
    /// The extension trait: `AdkRustTools`.
    trait_name: String,
    /// The crate: `async-openai`.
    pub(super) framework: String,
    /// The same in paths: `async_openai`.
    framework_ident: String,
    pub(super) version: String,
}

impl Names {
    pub(super) fn new(name: &str, framework: &str, trait_name: Option<&str>) -> Result<Self> {
        if !is_name(name) || name.starts_with("composio") {
            bail!(
                "{name:?} cannot be the name of an adapter; give what follows `composio-`, such as `genai`: small letters, \
                 digits and single hyphens, beginning with a letter"
            );
        }
        let Some((framework, version)) = framework.split_once('@').filter(|(framework, _)| is_crate(framework)) else {
            bail!("{framework:?} names no version of a crate; write it as `genai@0.7`");
        };
        if !is_version(version) {
            bail!(
                "{version:?} is no version to build with; give the line that the adapter follows, `0.7` or `7` or `0.7.2`: \
                 wider ranges let cargo build two of them"
            );
        }
        let pascal = pascal(name);
        let trait_name = trait_name.map_or_else(|| format!("{pascal}Tools"), str::to_owned);
        if !is_type(&trait_name) {
            bail!("{trait_name:?} cannot be the name of a trait; give one such as `GenAiTools`");
        }
        Ok(Self {
            name: name.to_owned(),
            snake: name.replace('-', "_"),
            pascal,
            trait_name,
            framework: framework.to_owned(),
            framework_ident: framework.replace('-', "_"),
            version: version.to_owned(),
        })
    }

    /// A template, with what it names.
    pub(super) fn fill(&self, template: &str) -> String {
        let dependencies = self.dependencies();
        let named = [
            ("{{dependencies}}", &dependencies),
            ("{{name}}", &self.name),
            ("{{snake}}", &self.snake),
            ("{{pascal}}", &self.pascal),
            ("{{trait}}", &self.trait_name),
            ("{{framework}}", &self.framework),
            ("{{framework_ident}}", &self.framework_ident),
            ("{{version}}", &self.version),
        ];
        named.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    }

    /// What the adapter is built with, in order.
    fn dependencies(&self) -> String {
        let mut crates = ["composio-core", self.framework.as_str(), "serde_json"];
        crates.sort_unstable();
        crates.map(|name| format!("{name}.workspace = true")).join("\n")
    }
}

/// Words of small letters and digits, joined by hyphens; the first begins with a letter.
fn is_name(name: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}

fn is_crate(name: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(part)
}

/// One to three numbers. A bare `0` would be any version that promises nothing.
fn is_version(version: &str) -> bool {
    let numbers: Vec<_> = version.split('.').collect();
    let number = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    numbers.iter().all(number) && numbers.len() <= 3 && version != "0"
}

fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn pascal(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_was_asked_for() {
        let names = Names::new("adk-rust2", "adk-core@2.3", None).unwrap();
        let text = names.fill("{{name}} {{snake}} {{pascal}} {{trait}} {{framework}} {{framework_ident}} {{version}}");
        assert_eq!(text, "adk-rust2 adk_rust2 AdkRust2 AdkRust2Tools adk-core adk_core 2.3");
        let dependencies = "adk-core.workspace = true\ncomposio-core.workspace = true\nserde_json.workspace = true";
        assert_eq!(names.fill("{{dependencies}}"), dependencies);
        assert_eq!(Names::new("genai", "genai@0.7", Some("GenAiTools")).unwrap().fill("{{trait}}"), "GenAiTools");
    }

    #[test]
    fn what_is_no_name_or_version_is_refused_with_one_that_is() {
        for (name, framework, trait_name, says) in [
            ("", "genai@0.7", None, "such as `genai`"),
            ("GenAI", "genai@0.7", None, "such as `genai`"),
            ("gen_ai", "genai@0.7", None, "such as `genai`"),
            ("gen--ai", "genai@0.7", None, "such as `genai`"),
            ("../genai", "genai@0.7", None, "such as `genai`"),
            ("2genai", "genai@0.7", None, "such as `genai`"),
            ("composio-genai", "genai@0.7", None, "what follows `composio-`"),
            ("genai", "genai", None, "write it as `genai@0.7`"),
            ("genai", "@0.7", None, "write it as `genai@0.7`"),
            ("genai", "gen ai@0.7", None, "write it as `genai@0.7`"),
            ("genai", "genai@", None, "is no version to build with"),
            ("genai", "genai@0", None, "is no version to build with"),
            ("genai", "genai@^0.7", None, "is no version to build with"),
            ("genai", "genai@>=0.7, <0.9", None, "is no version to build with"),
            ("genai", "genai@0.7.", None, "is no version to build with"),
            ("genai", "genai@1.2.3.4", None, "is no version to build with"),
            ("genai", "genai@0.7", Some("genai tools"), "cannot be the name of a trait"),
        ] {
            let refusal = Names::new(name, framework, trait_name).unwrap_err().to_string();
            assert!(refusal.contains(says), "{name} {framework}: {refusal}");
        }
    }

    #[test]
    fn versions_are_one_line_of_releases() {
        for version in ["7", "0.7", "0.7.2", "10.20"] {
            assert!(is_version(version), "{version}");
        }
    }
}
