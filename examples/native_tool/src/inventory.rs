//! The tool: an inventory that lives in this program.

use std::borrow::Cow;

use composio::{Error, ErrorKind, Result, Schema, Tool, ToolContext, ToolHints};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine of ours. In an application this is a table, or a struct that is too dear to be sent anywhere.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub(crate) struct Machine {
    kind: Kind,
    floor: u8,
    serial: &'static str,
}

const MACHINES: [Machine; 4] = [
    Machine { kind: Kind::Printer, floor: 1, serial: "PR-1138" },
    Machine { kind: Kind::CoffeeMachine, floor: 2, serial: "CM-0451" },
    Machine { kind: Kind::CoffeeMachine, floor: 3, serial: "CM-0774" },
    Machine { kind: Kind::Printer, floor: 3, serial: "PR-2001" },
];

/// Its slug in a session is `LOCAL_FIND_MACHINE`.
pub(crate) struct FindMachine;

/// What the model writes. Its schema, doc comments included, is what the model reads.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Wanted {
    /// What kind of machine.
    kind: Kind,
    /// On which floor it stands; all floors where this is left out.
    floor: Option<u8>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    CoffeeMachine,
    Printer,
}

/// What the model reads. Its schema goes to MCP clients.
#[derive(Debug, JsonSchema, Serialize)]
pub(crate) struct Found {
    machines: Vec<Machine>,
}

impl Tool for FindMachine {
    const SLUG: &'static str = "FIND_MACHINE";
    type Input = Wanted;
    type Output = Found;

    fn description(&self) -> Cow<'static, str> {
        "Finds machines in our inventory, with their serial numbers.".into()
    }

    fn hints(&self) -> ToolHints {
        ToolHints::read_only()
    }

    fn output_schema(&self) -> Option<Schema> {
        Some(Schema::of::<Found>())
    }

    async fn call(&self, cx: ToolContext, wanted: Wanted) -> Result<Found> {
        let mut machines = Vec::new();
        for (machine, done) in MACHINES.iter().zip(1_u8..) {
            if machine.kind == wanted.kind && wanted.floor.is_none_or(|floor| machine.floor == floor) {
                machines.push(machine.clone());
            }
            cx.report_progress(f64::from(done), Some(4.0), format!("looked at {}", machine.serial));
        }
        if machines.is_empty() {
            let says = "There is no such machine on that floor. Leave the floor out to see all.";
            return Err(Error::new(ErrorKind::NotFound, "no machine fits").with_model_text(says));
        }
        Ok(Found { machines })
    }
}
