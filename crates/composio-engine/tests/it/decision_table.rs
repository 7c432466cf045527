//! The sixty rows, on the engine.

use crate::harness::EngineHarness;

composio_conformance::decision_table_suite!(EngineHarness::in_memory().await);
