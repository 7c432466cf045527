//! Who can sign in.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::options::DemoError;

/// Someone who owns one or more accounts of the demo services.
///
/// Each email is an *identity*: an account with its own issues, messages and API key. On the consent page people choose
/// the identity that they sign in with, so that one person can connect, say, a work and a private account.
///
/// # Examples
///
/// ```
/// use composio_demo::Person;
///
/// let carol = Person::new("carol", "Carol Diaz").email("carol@work.example").email("carol@home.example");
/// assert_eq!(carol.emails().len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    name: String,
    display_name: String,
    emails: Vec<String>,
}

impl Person {
    /// A person with a short name for tests (`alice`) and a display name (`Alice Moreau`), without an account yet.
    pub fn new(name: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self { name: name.into(), display_name: display_name.into(), emails: Vec::new() }
    }

    /// Adds an account.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.emails.push(email.into());
        self
    }

    /// The short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that the consent page and the profiles show.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// The accounts, in the order in which they were added.
    pub fn emails(&self) -> &[String] {
        &self.emails
    }
}

/// Alice, with an account at work and one at home, and Bob.
pub(crate) fn default_people() -> Vec<Person> {
    vec![
        Person::new("alice", "Alice Moreau").email("alice@work.example").email("alice@home.example"),
        Person::new("bob", "Bob Tanaka").email("bob@example.com"),
    ]
}

/// One account: what a token or an API key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Derived from the email, so that it is the same after a restart and when people are added.
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) display_name: String,
}

impl Identity {
    fn new(email: &str, display_name: &str) -> Self {
        let mut id = String::from("usr_");
        for byte in Sha256::digest(email).iter().take(6) {
            // Writing to a String cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        Self { id, email: email.to_owned(), display_name: display_name.to_owned() }
    }

    /// What its workspace at the tracker is called.
    pub(crate) fn workspace(&self) -> &str {
        self.email.rsplit_once('@').map_or(&*self.email, |(_, domain)| domain)
    }
}

/// The people of a demo and their accounts.
#[derive(Debug)]
pub(crate) struct Directory {
    people: Vec<Person>,
    identities: Vec<Identity>,
}

impl Directory {
    pub(crate) fn new(people: Vec<Person>) -> Result<Self, DemoError> {
        let mut identities: Vec<Identity> = Vec::new();
        for person in &people {
            for email in &person.emails {
                if !looks_like_email(email) {
                    return Err(DemoError::Options(format!("`{email}` is not an email address")));
                }
                if identities.iter().any(|known| known.email == *email) {
                    return Err(DemoError::Options(format!("`{email}` belongs to two accounts")));
                }
                identities.push(Identity::new(email, &person.display_name));
            }
        }
        if identities.is_empty() {
            return Err(DemoError::Options("nobody can sign in: add a person with an email".to_owned()));
        }
        Ok(Self { people, identities })
    }

    pub(crate) fn people(&self) -> &[Person] {
        &self.people
    }

    pub(crate) fn identities(&self) -> &[Identity] {
        &self.identities
    }

    pub(crate) fn find(&self, email: &str) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.email == email)
    }

    /// The emails meant by a person's short name or by one email.
    pub(crate) fn emails_of<'a>(&'a self, person: &'a str) -> Vec<&'a str> {
        match self.people.iter().find(|known| known.name == person) {
            Some(known) => known.emails.iter().map(String::as_str).collect(),
            None => vec![person],
        }
    }
}

/// A rough check, enough for a form: something, one `@`, something, no spaces.
pub(crate) fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    !local.is_empty()
        && !domain.is_empty()
        && !domain.contains('@')
        && text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c))
}
