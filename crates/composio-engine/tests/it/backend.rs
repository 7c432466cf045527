//! What every backend promises, kept by the engine on either kind of store.

mod in_memory {
    use crate::harness::EngineHarness;

    composio_conformance::backend_suite!(EngineHarness::in_memory().await, lacks [Search Proxy Files]);
}

mod on_disk {
    use crate::harness::EngineHarness;

    composio_conformance::backend_suite!(EngineHarness::on_disk().await, lacks [Search Proxy Files]);
}
