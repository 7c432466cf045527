//! Projects, issues and comments, kept apart for each identity.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::people::Directory;

/// All workspaces, by the email of their owner.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Workspaces(BTreeMap<String, Workspace>);

impl Workspaces {
    /// Gives each identity a workspace that has none yet.
    pub(crate) fn seed(&mut self, directory: &Directory, now: Timestamp) {
        for identity in directory.identities() {
            self.0.entry(identity.email.clone()).or_insert_with(|| Workspace::seeded(&identity.email, now));
        }
    }

    /// The workspace of an identity; an empty one if it has none yet.
    pub(crate) fn of(&mut self, email: &str) -> &mut Workspace {
        self.0.entry(email.to_owned()).or_default()
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Workspace {
    projects: Vec<Project>,
    issues: BTreeMap<u64, Issue>,
    last_number: u64,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Project {
    key: String,
    name: String,
    description: Option<String>,
    created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum IssueState {
    Open,
    Closed,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Issue {
    number: u64,
    project: Option<String>,
    title: String,
    body: String,
    labels: Vec<String>,
    state: IssueState,
    author: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    closed_at: Option<Timestamp>,
    comments: Vec<Comment>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Comment {
    id: u64,
    body: String,
    author: String,
    created_at: Timestamp,
}

#[derive(Debug)]
pub(crate) struct NewIssue {
    pub(crate) project: Option<String>,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
}

/// What to change; `None` leaves as it is.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) title: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) labels: Option<Vec<String>>,
    pub(crate) state: Option<IssueState>,
}

/// What to look for; `None` is no condition.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) state: Option<IssueState>,
    pub(crate) project: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) q: Option<String>,
}

impl Workspace {
    fn seeded(email: &str, now: Timestamp) -> Self {
        let mut workspace = Self::default();
        let description = Some("Made by the demo, so that the first list is not empty.".to_owned());
        workspace.add_project("HELLO".to_owned(), "First steps".to_owned(), description, now);
        let first = NewIssue {
            project: Some("HELLO".to_owned()),
            title: "Water the office plants".to_owned(),
            body: "The fern by the window looks thirsty.".to_owned(),
            labels: vec!["chore".to_owned()],
        };
        workspace.add_issue(first, email, now);
        workspace
    }

    pub(crate) fn projects(&self) -> &[Project] {
        &self.projects
    }

    pub(crate) fn has_project(&self, key: &str) -> bool {
        self.projects.iter().any(|project| project.key == key)
    }

    pub(crate) fn add_project(
        &mut self,
        key: String,
        name: String,
        description: Option<String>,
        now: Timestamp,
    ) -> &Project {
        let index = self.projects.len();
        self.projects.push(Project { key, name, description, created_at: now });
        &self.projects[index]
    }

    pub(crate) fn add_issue(&mut self, new: NewIssue, author: &str, now: Timestamp) -> &Issue {
        self.last_number += 1;
        let issue = Issue {
            number: self.last_number,
            project: new.project,
            title: new.title,
            body: new.body,
            labels: new.labels,
            state: IssueState::Open,
            author: author.to_owned(),
            created_at: now,
            updated_at: now,
            closed_at: None,
            comments: Vec::new(),
        };
        // Numbers are not used twice, so the entry is always vacant.
        self.issues.entry(self.last_number).or_insert(issue)
    }

    pub(crate) fn issue(&mut self, number: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&number)
    }

    pub(crate) fn remove(&mut self, number: u64) {
        self.issues.remove(&number);
    }

    /// The issues that meet the filter, newest first.
    pub(crate) fn search(&self, filter: &Filter) -> Vec<&Issue> {
        self.issues.values().rev().filter(|issue| issue.meets(filter)).collect()
    }
}

impl Issue {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn comments(&self) -> &[Comment] {
        &self.comments
    }

    pub(crate) fn change(&mut self, changes: Changes, now: Timestamp) {
        self.title = changes.title.unwrap_or_else(|| std::mem::take(&mut self.title));
        self.body = changes.body.unwrap_or_else(|| std::mem::take(&mut self.body));
        self.labels = changes.labels.unwrap_or_else(|| std::mem::take(&mut self.labels));
        match changes.state {
            Some(IssueState::Closed) if self.state == IssueState::Open => self.closed_at = Some(now),
            Some(IssueState::Open) => self.closed_at = None,
            Some(IssueState::Closed) | None => {}
        }
        self.state = changes.state.unwrap_or(self.state);
        self.updated_at = now;
    }

    pub(crate) fn comment(&mut self, body: String, author: &str, now: Timestamp) -> &Comment {
        let index = self.comments.len();
        self.comments.push(Comment { id: index as u64 + 1, body, author: author.to_owned(), created_at: now });
        self.updated_at = now;
        &self.comments[index]
    }

    fn meets(&self, filter: &Filter) -> bool {
        let state = filter.state.is_none_or(|state| self.state == state);
        let project = filter.project.is_none() || self.project == filter.project;
        let label = filter.label.as_ref().is_none_or(|label| self.labels.contains(label));
        let text = filter.q.as_ref().is_none_or(|q| {
            let q = q.to_lowercase();
            self.title.to_lowercase().contains(&q) || self.body.to_lowercase().contains(&q)
        });
        state && project && label && text
    }
}
