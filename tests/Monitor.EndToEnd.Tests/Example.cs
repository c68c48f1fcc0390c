using System.Text.Json.Nodes;
using Monitor.Protocol;
using Monitor.Testing;

namespace Monitor.EndToEnd.Tests;

/// <summary>What the original's example reports: a check that succeeds and one that fails.</summary>
internal static class Example
{
    public const string Ping = "go.micro.healthcheck.ping";
    public const string Pong = "go.micro.healthcheck.pong";

    public static PublishRequest Batch(ReportBuilder reports) => reports.Batch(
        reports.Status(),
        reports.Check(Ping, description: "This is a ping healthcheck that succeeds", results: new Dictionary<string, string>
        {
            ["msg"] = "a successful check", ["foo"] = "bar", ["metric"] = "1", ["label"] = "cruft", ["stats"] = "123.0",
        }),
        reports.Check(Pong, "Unknown exception", "This is a pong healthcheck that fails", new Dictionary<string, string>
        {
            ["msg"] = "a catastrophic failure occurred", ["foo"] = "ugh", ["metric"] = "-0.0001", ["label"] = "", ["stats"] = "NaN",
        }));

    /// <summary>The seed's answer to a query for ping, with another instance and timestamp.</summary>
    public static JsonNode PingJson(string service, string instance, long timestamp) => Json($$"""
        {"healthChecks":[{"description":"This is a ping healthcheck that succeeds","id":"go.micro.healthcheck.ping",
        "results":{"foo":"bar","label":"cruft","metric":"1","msg":"a successful check","stats":"123.0"},
        "service":{"id":"{{instance}}","name":"{{service}}","version":"1.0.0"},"status":1,"timestamp":{{timestamp}}}]}
        """);

    /// <summary>The seed's answer to a query for pong.</summary>
    public static JsonNode PongJson(string service, string instance, long timestamp) => Json($$"""
        {"healthChecks":[{"description":"This is a pong healthcheck that fails","error":"Unknown exception","id":"go.micro.healthcheck.pong",
        "results":{"foo":"ugh","label":"","metric":"-0.0001","msg":"a catastrophic failure occurred","stats":"NaN"},
        "service":{"id":"{{instance}}","name":"{{service}}","version":"1.0.0"},"status":2,"timestamp":{{timestamp}}}]}
        """);

    private static JsonNode Json(string json) => JsonNode.Parse(json)!;
}
