using System.Diagnostics;
using System.Net;

namespace Monitor.Client;

/// <summary>
/// Times the requests of an <see cref="HttpClient"/> until their headers are received: by host and port as the service, and the HTTP method as the method. 408, 504 and
/// cancellations (an HttpClient's time-out is one) count as dropped; every other status from 400 on, and exceptions, as errors. In a host use
/// <c>AddMonitorReporting()</c> on the client's builder.
/// </summary>
public sealed class MonitorHttpHandler : DelegatingHandler
{
    private readonly IMonitorReporter reporter;

    /// <summary>For use in a pipeline that sets the inner handler.</summary>
    public MonitorHttpHandler(IMonitorReporter reporter) => this.reporter = reporter;

    /// <summary>Before another handler.</summary>
    public MonitorHttpHandler(IMonitorReporter reporter, HttpMessageHandler inner)
        : base(inner) => this.reporter = reporter;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var start = Stopwatch.GetTimestamp();
        var result = CallResult.Error;
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            result = response.StatusCode switch
            {
                HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout => CallResult.Dropped,
                >= HttpStatusCode.BadRequest => CallResult.Error,
                _ => CallResult.Success,
            };
            return response;
        }
        catch (OperationCanceledException)
        {
            result = CallResult.Dropped;
            throw;
        }
        finally
        {
            reporter.RecordStat(request.RequestUri?.Authority ?? "", request.Method.Method, Stopwatch.GetElapsedTime(start), result);
        }
    }
}
