//! `/limits` and `/limits/recordCount`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::engine::{ApiError, Caller};
use crate::server::bulk::{BATCHES_PER_DAY, QUERY_JOBS_PER_DAY};
use crate::server::{Org, on_engine, reply};

/// Limits that this org does not consume, with their allowance in a developer
/// org of 2026, in the platform's alphabetical order.
const UNUSED: [(&str, u64); 68] = [
    ("AnalyticsExternalDataSizeMB", 40_960),
    ("CdpAiInferenceApiMonthlyLimit", 500_000_000),
    ("ConcurrentAsyncGetReportInstances", 200),
    ("ConcurrentEinsteinDataInsightsStoryCreation", 5),
    ("ConcurrentEinsteinDiscoveryStoryCreation", 2),
    ("ConcurrentSyncReportRuns", 20),
    ("ContentDistBandwidthLimitMB", 51_200),
    ("ContentDistViewLimit", 50_000),
    ("ContentPublicationLimit", 2_500),
    ("DailyAnalyticsDataflowJobExecutions", 60),
    ("DailyAnalyticsUploadedFilesSizeMB", 51_200),
    ("DailyApexCursorLimit", 10_000),
    ("DailyApexCursorRowsLimit", 100_000_000),
    ("DailyApexPCursorLimit", 200_000),
    ("DailyAsyncApexExecutions", 250_000),
    ("DailyAsyncApexTests", 500),
    ("DailyBulkV2QueryFileStorageMB", 976_562),
    ("DailyDeliveredPlatformEvents", 10_000),
    ("DailyDurableGenericStreamingApiEvents", 10_000),
    ("DailyDurableStreamingApiEvents", 10_000),
    ("DailyEinsteinDataInsightsStoryCreation", 1_000),
    ("DailyEinsteinDiscoveryOptimizationJobRuns", 25),
    ("DailyEinsteinDiscoveryPredictAPICalls", 50_000),
    ("DailyEinsteinDiscoveryPredictionsByCDC", 500_000),
    ("DailyEinsteinDiscoveryStoryCreation", 100),
    ("DailyFunctionsApiCallLimit", 50_000),
    ("DailyGenericStreamingApiEvents", 10_000),
    ("DailyMetadataRetrievesWithDependencies", 25),
    ("DailyServiceEmailAgentforceCalls", 5_000),
    ("DailyStandardVolumePlatformEvents", 10_000),
    ("DailyStreamingApiEvents", 10_000),
    ("DailyWorkflowEmails", 8_040),
    ("DataStorageMB", 5),
    ("DurableStreamingApiConcurrentClients", 20),
    ("ExternalServicesActiveObjects", 3_000),
    ("ExternalServicesActiveOperations", 3_000),
    ("ExternalServicesObjectProperties", 400_000),
    ("ExternalServicesObjects", 10_000),
    ("ExternalServicesOperations", 10_000),
    ("ExternalServicesRegistrations", 700),
    ("FileStorageMB", 20),
    ("HourlyAsyncReportRuns", 1_200),
    ("HourlyDashboardRefreshes", 200),
    ("HourlyDashboardResults", 5_000),
    ("HourlyDashboardStatuses", 999_999_999),
    ("HourlyElevateAsyncReportRuns", 1_200),
    ("HourlyElevateSyncReportRuns", 500),
    ("HourlyLongTermIdMapping", 100_000),
    ("HourlyManagedContentPublicRequests", 50_000),
    ("HourlyODataCallout", 1_000),
    ("HourlyPublishedPlatformEvents", 50_000),
    ("HourlyPublishedStandardVolumePlatformEvents", 1_000),
    ("HourlyShortTermIdMapping", 100_000),
    ("HourlySyncReportRuns", 500),
    ("HourlyTimeBasedWorkflow", 1_000),
    ("MassEmail", 10),
    ("MaxContentDocumentsLimit", 30_000_000),
    ("MonthlyEinsteinDiscoveryStoryCreation", 500),
    ("Package2VersionCreates", 6),
    ("Package2VersionCreatesWithoutValidation", 500),
    ("PermissionSets", 1_500),
    ("PlatformEventTriggersWithParallelProcessing", 5),
    ("PrivateConnectOutboundCalloutHourlyLimitMB", 0),
    ("PublishCallbackUsageInApex", 5_242_880),
    ("ScheduledFlowRunLimit", 250_000),
    ("ScheduledPathRunLimit", 250_000),
    ("SingleEmail", 15),
    ("StreamingApiConcurrentClients", 20),
];

pub(crate) async fn limits(State(org): State<Arc<Org>>) -> Response {
    let max = org.usage.limit;
    let mut rows: Vec<(&str, u64, u64)> =
        UNUSED.iter().map(|(name, max)| (*name, *max, *max)).collect();
    let now = org.clock.now();
    let used = [
        ("DailyApiRequests", max, org.usage.used()),
        ("DailyBulkApiBatches", BATCHES_PER_DAY, org.bulk.batches.used(now)),
        ("DailyBulkV2QueryJobs", QUERY_JOBS_PER_DAY, org.bulk.query_jobs.used(now)),
    ];
    rows.extend(used.map(|(name, max, used)| (name, max, max.saturating_sub(used))));
    rows.sort_unstable_by_key(|(name, ..)| *name);
    let map: Map<String, Value> = rows
        .into_iter()
        .map(|(name, max, remaining)| {
            let mut limit = json!({ "Max": max, "Remaining": remaining });
            if name == "PermissionSets" {
                // The one limit with another inside.
                limit["CreateCustom"] = json!({ "Max": max, "Remaining": remaining });
            }
            (name.to_owned(), limit)
        })
        .collect();
    reply::ok(&Value::Object(map))
}

/// Of the objects that are asked for, or of all. Objects without rows, and
/// unknown ones, are left out.
pub(crate) async fn record_count(
    State(org): State<Arc<Org>>,
    Extension(caller): Extension<Caller>,
    Query(params): Query<HashMap<String, String>>,
) -> Result<Response, ApiError> {
    let wanted = params.get("sObjects").filter(|names| !names.trim().is_empty()).cloned();
    let counts = on_engine(&org, move |engine| {
        let seen = engine.seen(&caller)?;
        let names: Vec<&str> = match &wanted {
            Some(names) => names.split(',').map(str::trim).collect(),
            None => seen.object_names().collect(),
        };
        let mut counts = Vec::new();
        for asked in names {
            let Some(name) = seen.object_name(asked) else { continue };
            let count = engine.record_count(&caller, name)?;
            if count > 0 {
                counts.push(json!({ "count": count, "name": name }));
            }
        }
        Ok(counts)
    })
    .await?;
    Ok(reply::ok(&json!({ "sObjects": counts })))
}
