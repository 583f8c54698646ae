//! `PreviewRequest`: replays recorded statements when it is awaited.

use pgbeam_api::{BoxFuture, Error, builder::ReplayPolicy};

use super::Preview;
use crate::{
    policies::{Policies, PolicySource, document::ProfileEntry},
    request::Request,
};

/// The largest limit of a replay that the API accepts, and the default of a preview.
const MAX_STATEMENTS: i64 = 500;

impl Policies {
    /// Replays recorded statements against a candidate, and returns the [`Preview`].
    ///
    /// The candidate is a draft ([`PolicyProfileInput`](crate::policies::PolicyProfileInput)), a profile of a policy
    /// file ([`ProfileEntry`]) or the identifier of a stored profile (`"pol_xxx"`). If the candidate is a new version
    /// of a stored profile, select the statements that the change affects with
    /// [`bound_policy`](PreviewRequest::bound_policy). The call changes nothing and is safe to retry.
    ///
    /// If a draft omits `query_mode`, the statements are evaluated with the `query_mode` `sql`, even if the stored
    /// profile has the `query_mode` `templates`.
    ///
    /// # Errors
    ///
    /// 404 ([`Error::is_not_found`]) if the stored profile does not exist. Kind
    /// [`Invalid`](crate::ErrorKind::Invalid) if the candidate or an option is invalid. Nothing is sent.
    ///
    /// ```
    /// use pgbeam::policies::document::PolicySet;
    /// # use pgbeam::policies::document::Format;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = pgbeam_emulator::Emulator::start().await?;
    /// # let client = pgbeam::Client::builder().base_url(emulator.base_url()).api_key("k").build()?;
    /// # let policies = client.project("prj_xxx")?.policies();
    /// # policies.create(pgbeam::policies::PolicyProfileInput::new("Support")).await?;
    /// # let set = PolicySet::parse("name: Support", Format::Yaml, "support.yaml")?;
    /// for entry in set.profiles() {
    ///     // A profile that is not stored yet affects no agent.
    ///     let Some(stored) = policies.find_by_name(entry.name()).await? else { continue };
    ///     let preview = policies.preview(entry).bound_policy(&stored.id).await?;
    ///     println!("{}: {}", entry.name(), preview.to_text());
    /// #   assert!(!preview.is_evidence());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn preview(&self, candidate: impl Into<PolicySource>) -> PreviewRequest {
        PreviewRequest {
            replay: self.replay(candidate).limit(MAX_STATEMENTS),
        }
    }
}

/// A request that returns a [`Preview`] when it is awaited. Created by [`Policies::preview`].
///
/// This request has no call options, such as timeouts. To set call options, use [`Policies::replay`] and pass the
/// result of the replay to [`Preview::new`].
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct PreviewRequest {
    replay: Request<ReplayPolicy>,
}

impl PreviewRequest {
    /// Replays only the statements of agent credentials that refer to this policy profile: the statements that a change
    /// of the profile affects. Cannot be combined with [`credential`](Self::credential).
    pub fn bound_policy(self, policy_id: impl Into<String>) -> Self {
        self.with(|replay| replay.bound_policy(policy_id))
    }

    /// Replays only the statements of this agent credential. Cannot be combined with
    /// [`bound_policy`](Self::bound_policy).
    pub fn credential(self, credential_id: impl Into<String>) -> Self {
        self.with(|replay| replay.credential(credential_id))
    }

    /// Replays only statements that were recorded at this time or later. Default: 7 days before the time of
    /// [`end`](Self::end).
    pub fn start(self, time: impl pgbeam_api::IntoTimestamp) -> Self {
        self.with(|replay| replay.start(time))
    }

    /// Replays only statements that were recorded before this time. Default: the time of the request.
    pub fn end(self, time: impl pgbeam_api::IntoTimestamp) -> Self {
        self.with(|replay| replay.end(time))
    }

    /// Sets the maximum number of distinct statements to replay: 1 to 500. Default: 500. If more statements were
    /// recorded, the older statements are not replayed, and the preview is no evidence
    /// ([`Gap::Truncated`](super::Gap::Truncated)).
    pub fn limit(self, statements: impl TryInto<i64, Error: std::fmt::Display>) -> Self {
        self.with(|replay| replay.limit(statements))
    }

    fn with(self, set: impl FnOnce(Request<ReplayPolicy>) -> Request<ReplayPolicy>) -> Self {
        Self {
            replay: set(self.replay),
        }
    }
}

impl IntoFuture for PreviewRequest {
    type Output = Result<Preview, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(Preview::new(self.replay.await?.into_inner())) })
    }
}

impl From<&ProfileEntry> for PolicySource {
    fn from(entry: &ProfileEntry) -> Self {
        entry.to_input().into()
    }
}
