//! What clients may find out about the org beforehand.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::engine::ApiError;
use crate::server::{Org, keys, reply};

const SCOPES: &[&str] = &[
    "api",
    "full",
    "id",
    "profile",
    "email",
    "address",
    "phone",
    "openid",
    "refresh_token",
    "offline_access",
    "web",
    "visualforce",
    "lightning",
    "content",
    "chatter_api",
    "custom_permissions",
    "wave_api",
    "eclair_api",
    "pardot_api",
    "cdp_api",
    "sfap_api",
    "mcp_api",
];

const CLAIMS: &[&str] = &[
    "active",
    "address",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "is_app_installed",
    "is_salesforce_integration_user",
    "language",
    "locale",
    "name",
    "nickname",
    "organization_id",
    "phone_number",
    "phone_number_verified",
    "photos",
    "picture",
    "preferred_username",
    "profile",
    "sub",
    "updated_at",
    "urls",
    "user_id",
    "user_type",
    "zoneinfo",
];

/// `GET /.well-known/openid-configuration`, as a My Domain host answers.
pub(crate) async fn openid(State(org): State<Arc<Org>>) -> Response {
    let at = |path: &str| Value::from(org.absolute(path));
    reply::ok(&json!({
        "end_session_endpoint": at("/services/auth/idp/oidc/logout"),
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": false,
        "issuer": at(""),
        "authorization_endpoint": at("/services/oauth2/authorize"),
        "token_endpoint": at("/services/oauth2/token"),
        "revocation_endpoint": at("/services/oauth2/revoke"),
        "userinfo_endpoint": at("/services/oauth2/userinfo"),
        "jwks_uri": at("/id/keys"),
        "registration_endpoint": at("/services/oauth2/register"),
        "introspection_endpoint": at("/services/oauth2/introspect"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code", "token", "token id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "display_values_supported": ["page", "popup", "touch"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "client_secret_basic", "private_key_jwt"],
        "claims_supported": CLAIMS,
    }))
}

/// `GET /.well-known/auth-configuration`.
pub(crate) async fn auth(State(org): State<Arc<Org>>) -> Response {
    reply::ok(&json!({
        "OrgId": org.engine.org_id(),
        "Url": org.absolute(""),
        "MobileSDK": { "UseAndroidNativeBrowserForAuthentication": false, "UseiOSNativeBrowserForAuthentication": false },
        "LoginPage": null,
        "SamlProviders": [],
        "AuthProviders": [],
        "CertificateLogin": null,
        "LoginPageType": "standard",
        "LoginPageTypeConfigs": {},
    }))
}

/// `GET /id/keys`.
pub(crate) async fn keys() -> Response {
    let key = match tokio::task::spawn_blocking(keys::signing_key).await {
        Ok(Ok(key)) => key,
        Ok(Err(error)) => return ApiError::unexpected(&error).into_response(),
        Err(error) => return ApiError::unexpected(&error).into_response(),
    };
    reply::ok(&json!({
        "keys": [{
            "kty": "RSA",
            "n": URL_SAFE_NO_PAD.encode(&key.modulus),
            "e": URL_SAFE_NO_PAD.encode(&key.exponent),
            "alg": "RS256",
            "use": "sig",
            "kid": key.id,
        }],
    }))
}
