using System.CommandLine;
using Monitor.Cli.Values;

namespace Monitor.Cli.Rpc;

/// <summary>The options that every verb takes: which server, and how long to wait for it.</summary>
internal sealed class Connection
{
    public const string Variable = "MONITOR_SERVER";
    public const string DefaultServer = "http://127.0.0.1:7401";

    public Option<string?> Server { get; } = new("--server")
    {
        Description = $"gRPC address of the server. Default: {Variable}, else {DefaultServer}.",
        HelpName = "url",
        Recursive = true,
    };

    public DurationOption Timeout { get; } = new(
        "--timeout", "How long to wait for an answer.", TimeSpan.FromSeconds(10), positive: true, atMost: TimeSpan.FromDays(1)) { Recursive = true };

    public Uri Address(ParseResult parsed) => parsed.GetValue(Server) is { } given
        ? Parse(given, "--server")
        : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } variable ? Parse(variable, Variable) : new Uri(DefaultServer);

    /// <summary>Whether the command line names a server.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(Server) is not null;

    public Session Open(ParseResult parsed) => new(Address(parsed), Timeout.In(parsed));

    private static Uri Parse(string text, string origin)
    {
        var url = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? uri
            : throw CommandFailure.Usage($"{origin}: \"{text}\" is no address of a server; it looks like {DefaultServer}");
    }
}
