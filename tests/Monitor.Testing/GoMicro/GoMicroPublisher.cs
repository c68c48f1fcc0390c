using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Google.Protobuf;

namespace Monitor.Testing.GoMicro;

/// <summary>What a publish came to at one subscriber.</summary>
/// <param name="Subscriber">Its Consul id.</param>
/// <param name="Status">Null: no answer came.</param>
/// <param name="Text">The answer, or why none came.</param>
public sealed record Delivery(string Subscriber, HttpStatusCode? Status, string Text);

/// <summary>
/// Publishes as go-micro's HTTP broker of 2016 does: looks the topic's subscriptions up in Consul each time, and posts an envelope to every node of the broadcast version and to a random one of each
/// other. It sends nothing again; unlike the original it tells what was answered, which that threw away. For several threads at once.
/// </summary>
/// <param name="registry">Not disposed here.</param>
/// <param name="timeout">How long a subscriber may take. Default 30 s.</param>
public sealed class GoMicroPublisher(GoMicroRegistry registry, TimeSpan? timeout = null) : IDisposable
{
    private const string Broadcast = "ff.http.broadcast";

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = timeout ?? TimeSpan.FromSeconds(30) };

    /// <summary>Publishes a message. Empty where there is no subscriber.</summary>
    public async Task<IReadOnlyList<Delivery>> PublishAsync(string topic, IMessage message, CancellationToken cancellationToken = default)
    {
        var nodes = await registry.GetServiceAsync($"topic:{topic}", cancellationToken);
        var envelope = JsonSerializer.SerializeToUtf8Bytes(new
        {
            Header = new Dictionary<string, string> { [":topic"] = topic, ["Content-Type"] = "application/octet-stream" },
            Body = message.ToByteArray(),
        });
        var chosen = nodes.GroupBy(node => node.Version).SelectMany(version => version.Key == Broadcast ? version : version.OrderBy(_ => Random.Shared.Next()).Take(1));
        return await Task.WhenAll(chosen.Select(node => PostAsync(node, envelope, cancellationToken)));
    }

    public void Dispose() => http.Dispose();

    private async Task<Delivery> PostAsync(GoMicroNode node, byte[] envelope, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new ByteArrayContent(envelope);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.PostAsync(new Uri($"http://{node.Address}:{node.Port}/_sub?id={Uri.EscapeDataString(node.Id)}"), content, cancellationToken);
            return new(node.Id, response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(node.Id, null, e.Message);
        }
    }
}
