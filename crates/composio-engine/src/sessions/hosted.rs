//! What only the hosted service can be told. It is refused, because a setting without effect would be a promise.

use composio_core::{Error, ErrorKind, HostedSettings, Result, Workbench};

/// Refuses all of it but a sandbox that is off: there is none here.
pub(super) fn refuse(hosted: &HostedSettings) -> Result<()> {
    let sandbox = hosted.workbench.is_some_and(|sandbox| sandbox != Workbench::new().enable(false));
    let said = [
        ("hosted.workbench", sandbox),
        ("hosted.hooks", !hosted.hooks.is_empty()),
        ("hosted.instant", hosted.instant.is_some()),
        ("hosted.permissions", hosted.permissions.is_some()),
        ("hosted.link_url_overwrite", hosted.link_url_overwrite.is_some()),
        ("hosted.fast_mode", hosted.fast_mode.is_some()),
        ("hosted.restrict_egress", hosted.restrict_egress),
        ("hosted.saved_config", hosted.saved_config.is_some()),
        ("hosted.user_timezone", hosted.user_timezone.is_some()),
    ];
    match said.into_iter().find(|(_, said)| *said) {
        None => Ok(()),
        Some((field, _)) => {
            let message = format!("the embedded engine has no {field}: leave it out, or use the hosted service");
            Err(Error::new(ErrorKind::Unsupported, message).with_context("field", field))
        }
    }
}

#[cfg(test)]
mod tests {
    use composio_core::{Hook, HookCheck, InstantUsage, PermissionDefault, Permissions};

    use super::*;

    #[test]
    fn what_only_the_hosted_service_has_is_refused_by_its_name() {
        let new = HostedSettings::new;
        for (hosted, field) in [
            (new(), None),
            (new().workbench(Workbench::new().enable(false)), None),
            (new().workbench(Workbench::new()), Some("hosted.workbench")),
            (new().workbench(Workbench::new().enable(true)), Some("hosted.workbench")),
            (new().workbench(Workbench::new().enable(false).offload_from(1)), Some("hosted.workbench")),
            (new().hook(Hook::new("h", HookCheck::PromptInjection)), Some("hosted.hooks")),
            (new().instant(InstantUsage::Off), Some("hosted.instant")),
            (new().permissions(Permissions::new(PermissionDefault::AllowAll)), Some("hosted.permissions")),
            (new().link_url_overwrite("https://links.example"), Some("hosted.link_url_overwrite")),
            (new().fast_mode(false), Some("hosted.fast_mode")),
            (new().restrict_egress(), Some("hosted.restrict_egress")),
            (new().saved_config("sc_1"), Some("hosted.saved_config")),
            (new().user_timezone("Europe/London"), Some("hosted.user_timezone")),
        ] {
            let refused = refuse(&hosted).err();
            let named = refused.as_ref().and_then(|error| error.context().next()).map(|(_, field)| field);
            assert_eq!(named, field, "{hosted:?}");
            assert!(refused.is_none_or(|error| error.kind() == ErrorKind::Unsupported), "{hosted:?}");
        }
    }
}
