using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Monitor.Consul.Http;

/// <summary>
/// Consul's HTTP API, as much of it as Monitor needs. For several threads at once. Every method throws <see cref="ConsulException"/> when no address gave a
/// usable answer in time, and <see cref="OperationCanceledException"/> only for the caller's own cancellation.
/// </summary>
public sealed partial class ConsulClient : IDisposable
{
    // Consul's words for a request that no server has seen, so that it may be sent again whatever it does.
    private static readonly string[] Leaderless = ["No cluster leader", "No known Consul servers"];

    private readonly HttpClient http;
    private readonly Uri[] addresses;
    private readonly string? token;
    private readonly string? datacenter;
    private readonly TimeSpan requestTimeout;
    private readonly TimeProvider time;
    private int current;

    /// <param name="options">Read once.</param>
    /// <param name="time">For time-outs. Default: the system's.</param>
    /// <exception cref="ArgumentException">The options are not valid; names key, value and range.</exception>
    public ConsulClient(ConsulOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = options.Validate("Consul");
        if (failures.Count > 0) throw new ArgumentException(string.Join(' ', failures), nameof(options));

        this.time = time ?? TimeProvider.System;
        addresses = options.Addresses.Count == 0 ? [ConsulOptions.DefaultAddress] : [.. options.Addresses.Select(AsBase)];
        token = string.IsNullOrEmpty(options.Token) ? null : options.Token;
        datacenter = string.IsNullOrEmpty(options.Datacenter) ? null : options.Datacenter;
        requestTimeout = options.RequestTimeout;

        // No proxy: an agent is on this machine or near. Connections are renewed so that a changed DNS name is noticed.
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        ConsulCertificates.Apply(options, handler);
        options.ConfigureHandler?.Invoke(handler);
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The address that the next request goes to first.</summary>
    public Uri Address => addresses[Volatile.Read(ref current)];

    public void Dispose() => http.Dispose();

    /// <summary>Which failures of one address let the request go to the next.</summary>
    private enum Retry
    {
        /// <summary>All of them: to do it twice is to do it once.</summary>
        Idempotent,

        /// <summary>Those in which nothing can have been done. After any other the outcome is unknown, and the caller must look.</summary>
        Unseen,

        /// <summary>Those of <see cref="Unseen"/>, and no answer of an agent is second-guessed: it concerns the agent itself.</summary>
        AgentLocal,
    }

    private static Uri AsBase(Uri address) => address.AbsoluteUri.EndsWith('/') ? address : new(address.AbsoluteUri + "/");

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, Func<HttpContent>? content, Retry retry, CancellationToken cancellationToken, TimeSpan wait = default)
    {
        ConsulException? failure = null;
        for (var attempt = 0; attempt < addresses.Length; attempt++)
        {
            var index = Volatile.Read(ref current);
            var what = $"{method} {path} at {addresses[index].GetLeftPart(UriPartial.Authority)}";
            bool goOn;
            using var timeout = new CancellationTokenSource(requestTimeout + wait, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                using var request = Request(method, new Uri(addresses[index], WithDatacenter(path)), content);
                // With the body, so that the time-out covers all of the answer.
                var response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
                if ((int)response.StatusCode < 500 && response.StatusCode != HttpStatusCode.TooManyRequests) return response;

                using (response)
                {
                    var said = await TextAsync(response, either.Token);
                    failure = new($"{what}: {(int)response.StatusCode} {said}", response.StatusCode);
                    goOn = retry == Retry.Idempotent || (retry == Retry.Unseen && Leaderless.Any(words => said.Contains(words, StringComparison.Ordinal)));
                }

                if (retry == Retry.AgentLocal) throw failure;
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new($"{what}: no answer in {(requestTimeout + wait).TotalSeconds:0.###} s", null, e);
                goOn = retry == Retry.Idempotent;
            }
            catch (HttpRequestException e)
            {
                failure = new($"{what}: {Reason(e)}", null, e);
                goOn = retry == Retry.Idempotent || IsUnsent(e);
            }

            // Whoever failed on this address first moves all on; the next request begins where this one ended.
            Interlocked.CompareExchange(ref current, (index + 1) % addresses.Length, index);
            if (!goOn) break;
        }

        throw failure!;
    }

    private static bool IsUnsent(HttpRequestException e) => e.HttpRequestError is
        HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError;

    // Of TLS, what is wrong with a certificate is said innermost only.
    private static string Reason(HttpRequestException e)
    {
        var innermost = e.GetBaseException().Message;
        return e.Message.Contains(innermost, StringComparison.Ordinal) ? e.Message : $"{e.Message.Replace(", see inner exception.", "", StringComparison.Ordinal).TrimEnd('.')}: {innermost}";
    }

    private HttpRequestMessage Request(HttpMethod method, Uri uri, Func<HttpContent>? content)
    {
        var request = new HttpRequestMessage(method, uri) { Content = content?.Invoke() };
        if (token is not null) request.Headers.TryAddWithoutValidation("X-Consul-Token", token);
        return request;
    }

    private string WithDatacenter(string path) =>
        datacenter is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}dc={Uri.EscapeDataString(datacenter)}";

    /// <summary>Keys keep their slashes, which divide folders.</summary>
    private static string Escape(string key) => Uri.EscapeDataString(key).Replace("%2F", "/", StringComparison.Ordinal);

    private static ByteArrayContent Bytes(byte[] value) => new(value);

    private static StringContent Json<T>(T value, JsonTypeInfo<T> type) =>
        new(System.Text.Json.JsonSerializer.Serialize(value, type), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new System.Text.Json.JsonException("It is null.");
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new ConsulException($"{What(response)}: the answer is not as expected: {e.Message}", response.StatusCode, e);
        }
    }

    private static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode) return;
        throw new ConsulException($"{What(response)}: {(int)response.StatusCode} {await TextAsync(response, cancellationToken)}", response.StatusCode);
    }

    private static string What(HttpResponseMessage response) => $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri}";

    private static async Task<string> TextAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        return text.Length <= 500 ? text : text[..500];
    }
}
