//! Whose each session is, as far as this process has seen. It never changes, so it need not be asked for again.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::{SessionId, UserId};

/// How many sessions are remembered. One that is forgotten is read again.
const REMEMBERED: usize = 1_024;

#[derive(Default)]
pub(super) struct Users {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    users: HashMap<SessionId, UserId>,
    /// The oldest first.
    order: VecDeque<SessionId>,
}

impl Users {
    pub(super) fn of(&self, session: &SessionId) -> Option<UserId> {
        self.lock().users.get(session).cloned()
    }

    pub(super) fn remember(&self, session: &SessionId, user: &UserId) {
        let mut known = self.lock();
        if known.users.insert(session.clone(), user.clone()).is_some() {
            return;
        }
        known.order.push_back(session.clone());
        if known.order.len() > REMEMBERED
            && let Some(oldest) = known.order.pop_front()
        {
            known.users.remove(&oldest);
        }
    }

    pub(super) fn forget(&self, session: &SessionId) {
        let mut known = self.lock();
        if known.users.remove(session).is_some() {
            known.order.retain(|one| one != session);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions", self.lock().users.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_and_no_more_are_kept_than_said() {
        let (users, session) = (Users::default(), |number: usize| SessionId::from(format!("trs_{number}")));
        for number in 0..=REMEMBERED {
            users.remember(&session(number), &UserId::new("u"));
            users.remember(&session(number), &UserId::new("u"));
        }
        assert_eq!(users.of(&session(0)), None);
        assert!(users.of(&session(1)).is_some() && users.of(&session(REMEMBERED)).is_some());
        users.forget(&session(1));
        assert_eq!(users.of(&session(1)), None);
        let known = users.lock();
        assert_eq!((known.users.len(), known.order.len()), (REMEMBERED - 1, REMEMBERED - 1));
    }
}
