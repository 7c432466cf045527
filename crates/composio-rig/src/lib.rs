//! Tools of a composio session for rig.
