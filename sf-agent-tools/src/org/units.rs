//! The user's time zone and the org's currency, asked for once.

use serde_json::Value;
use sf_rest::{Error, Method, Operation, Request, Response, Safety};

use super::Org;
use crate::ErrorClass;
use crate::rows::{Scale, Units};

/// What the values of this user are in.
#[derive(Debug, Clone, Default)]
pub(super) struct Locale {
    zone: Option<String>,
    currency: Option<String>,
}

/// `GET /connect/organization`, of which the features name the currency of an org that has one
/// (Connect REST API Developer Guide, Organization).
struct Organization;

impl Operation for Organization {
    type Output = Value;

    fn request(&self) -> Result<Request, Error> {
        Request::new(Method::GET, "connect/organization", &[])
    }

    fn decode(&self, response: Response) -> Result<Value, Error> {
        response.json("the organization")
    }

    fn safety(&self) -> Safety {
        Safety::Read
    }
}

impl Org {
    /// What is said of such values. An answer that cannot be had is left out: it is no reason to
    /// withhold rows.
    pub(crate) async fn units(&self, scale: Scale) -> Units {
        if !scale.amounts && !scale.converted && !scale.times && !scale.local {
            return Units::default();
        }
        let locale = self.known_locale().await;
        let zone = locale.zone.as_deref();
        let times = |what: &str| match zone {
            Some(zone) => format!("{what}; this user's own zone is {zone}"),
            None => what.to_owned(),
        };
        let time_zone = match (scale.times, scale.local) {
            (true, _) => Some(times("UTC")),
            (false, true) => Some(match zone {
                Some(zone) => format!("periods of this user's own zone, {zone}"),
                None => "periods of this user's own zone".to_owned(),
            }),
            (false, false) => None,
        };
        let own = scale.amounts.then(|| match (&locale.currency, scale.several_currencies) {
            (_, true) => "each record's own, which its CurrencyIsoCode names".to_owned(),
            (Some(code), false) => code.clone(),
            (None, false) => "the org's own (its code is not known here)".to_owned(),
        });
        // SOQL and SOSL Reference, convertCurrency().
        let currency = match (own, scale.converted) {
            (own, false) => own,
            (None, true) => Some("this user's own, to which convertCurrency() converts".to_owned()),
            (Some(own), true) => Some(format!("{own}; of convertCurrency() this user's own")),
        };
        Units { currency, time_zone }
    }

    /// The org's currency, if it can be known.
    pub(crate) async fn currency(&self) -> Option<String> {
        self.known_locale().await.currency
    }

    async fn known_locale(&self) -> Locale {
        let known = self.inner.locale.get_or_try_init(|| self.locale()).await;
        known.cloned().unwrap_or_else(|partly| partly)
    }

    /// # Errors
    /// What could be learnt, if the rest may be learnt later.
    async fn locale(&self) -> Result<Locale, Locale> {
        let client = &self.inner.client;
        let (mut locale, mut may_be_known_later) = (Locale::default(), false);
        let session = client.session().await;
        may_be_known_later |= session.as_ref().is_err_and(Error::is_retryable);
        let user = session.ok().and_then(|session| session.user_id().map(str::to_owned));
        // As any other record: under rules only if these give it.
        if let Some(user) = user.and_then(|user| sf_rest::Id::parse(&user).ok()) {
            match self.get("User", user, &["TimeZoneSidKey".to_owned()]).await {
                Ok(row) => {
                    let zone = row.get("TimeZoneSidKey");
                    locale.zone = zone.and_then(|zone| zone.as_str().map(str::to_owned));
                }
                Err(error) => may_be_known_later |= error.class == ErrorClass::TryLater,
            }
        }
        if self.gate().raw("The org's currency").is_err() {
            return if may_be_known_later { Err(locale) } else { Ok(locale) };
        }
        match client.send(&Organization).await {
            Ok(organization) => {
                let code = &organization["features"]["defaultCurrencyIsoCode"];
                locale.currency = code.as_str().map(str::to_owned);
            }
            Err(error) => {
                tracing::debug!(%error, "the org's currency is not known");
                may_be_known_later |= error.is_retryable();
            }
        }
        if may_be_known_later { Err(locale) } else { Ok(locale) }
    }
}
