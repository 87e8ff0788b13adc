//! Creates the client of a store from an address and the environment, and caches it.

use super::RemoteError;
use super::address::{Address, Scheme};
use super::explain::explain;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// A client of a store.
pub(super) type Store = Arc<dyn ObjectStore>;

/// An object or a prefix in a store.
#[derive(Clone)]
pub(super) struct Place {
    pub store: Store,
    pub key: Key,
    pub address: Address,
}

/// One client per bucket, so that connections are reused.
static STORES: Mutex<BTreeMap<String, Store>> = Mutex::new(BTreeMap::new());

/// Longer than any pause of a working store.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Resolves an address to a store and a key in it.
///
/// # Errors
/// If the options for the store are invalid, or the key is.
pub(super) fn resolve(address: Address) -> Result<Place, RemoteError> {
    let failed = |error| explain(&address, &error);
    if address.scheme == Scheme::Web {
        // The whole address is the root, so that it is requested as it is.
        let store = web_store(&address).map_err(failed)?;
        return Ok(Place { store, key: Key::ROOT, address });
    }
    let key = Key::parse(&address.key).map_err(|error| failed(error.into()))?;
    // A panic cannot leave the map in an invalid state.
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(store) = stores.get(&address.root) {
        return Ok(Place { store: Arc::clone(store), key, address });
    }
    let store = bucket_store(&address).map_err(failed)?;
    stores.insert(address.root.clone(), Arc::clone(&store));
    drop(stores);
    Ok(Place { store, key, address })
}

impl Place {
    /// Another object in the same store.
    ///
    /// # Errors
    /// If the key is invalid.
    pub(super) fn at(&self, address: Address) -> Result<Self, RemoteError> {
        let key = Key::parse(&address.key).map_err(|error| explain(&address, &error.into()))?;
        Ok(Self { store: Arc::clone(&self.store), key, address })
    }
}

fn bucket_store(address: &Address) -> object_store::Result<Store> {
    use_ring();
    let bucket = address.root.split_once("://").map_or("", |(_, bucket)| bucket);
    Ok(match address.scheme {
        Scheme::S3 | Scheme::Web => {
            let builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
            Arc::new(builder.with_client_options(options("aws_")).with_retry(retries()).build()?)
        }
        Scheme::Google => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
            Arc::new(builder.with_client_options(options("google_")).with_retry(retries()).build()?)
        }
        Scheme::Azure => {
            let builder = MicrosoftAzureBuilder::from_env();
            let builder = match bucket.contains('@') {
                true => builder.with_url(&address.root),
                false => builder.with_container_name(bucket),
            };
            Arc::new(builder.with_client_options(options("azure_")).with_retry(retries()).build()?)
        }
    })
}

fn web_store(address: &Address) -> object_store::Result<Store> {
    let secure = address.root.starts_with("https");
    let builder = HttpBuilder::new().with_url(&address.text).with_retry(retries());
    Ok(Arc::new(builder.with_http_connector(Shared(web_client(secure)?)).build()?))
}

/// The client for all web servers: creating one loads the certificates of the system.
fn web_client(secure: bool) -> object_store::Result<HttpClient> {
    static PLAIN: OnceLock<HttpClient> = OnceLock::new();
    static SECURE: OnceLock<HttpClient> = OnceLock::new();
    let client = if secure { &SECURE } else { &PLAIN };
    if let Some(client) = client.get() {
        return Ok(client.clone());
    }
    use_ring();
    let made = ReqwestConnector::default().connect(&base_options().with_allow_http(!secure))?;
    Ok(client.get_or_init(|| made).clone())
}

#[derive(Debug)]
struct Shared(HttpClient);

impl HttpConnector for Shared {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.0.clone())
    }
}

/// The options of a client: the base options, overridden by those of the environment.
fn options(prefix: &str) -> ClientOptions {
    let mut options = base_options();
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        let name = name.to_ascii_lowercase();
        let key = name.strip_prefix(prefix).and_then(|name| name.parse::<ClientConfigKey>().ok());
        if let Some(key) = key {
            options = options.with_config(key, value);
        }
    }
    options
}

fn base_options() -> ClientOptions {
    // A timeout for the whole request would abort every long read.
    let options = ClientOptions::new().with_timeout_disabled();
    options.with_connect_timeout(CONNECT_TIMEOUT).with_read_timeout(READ_TIMEOUT)
}

/// Retries for some seconds before the user sees the error.
fn retries() -> RetryConfig {
    let (first, longest) = (Duration::from_millis(100), Duration::from_secs(4));
    RetryConfig {
        backoff: BackoffConfig { init_backoff: first, max_backoff: longest, base: 2.0 },
        max_retries: 6,
        retry_timeout: Duration::from_secs(20),
    }
}

/// Selects ring for encryption. Fails if another provider was installed before; that one works as well.
fn use_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Whether it is pointless to retry after a failure of this kind.
pub(super) fn is_final(kind: ErrorKind) -> bool {
    use ErrorKind::{InvalidData, InvalidInput, NotFound, PermissionDenied, Unsupported};
    matches!(kind, InvalidData | InvalidInput | NotFound | PermissionDenied | Unsupported)
}
