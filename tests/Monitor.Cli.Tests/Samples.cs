using Monitor.Protocol;

namespace Monitor.Cli.Tests;

/// <summary>The seed's data.</summary>
internal static class Samples
{
    public const string Instance = "go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6";
    public const long Timestamp = 1451096508;

    public static Service Service => new() { Name = "go-server", Version = "1.0.0", Id = Instance };

    public static HealthCheck Ping => new()
    {
        Id = "go.micro.healthcheck.ping",
        Description = "This is a ping healthcheck that succeeds",
        Timestamp = Timestamp,
        Service = Service,
        Status = HealthCheck.Types.Status.Ok,
        Results = { ["stats"] = "123.0", ["msg"] = "a successful check", ["foo"] = "bar", ["metric"] = "1", ["label"] = "cruft" },
    };

    public static HealthCheck Pong => new()
    {
        Id = "go.micro.healthcheck.pong",
        Description = "This is a pong healthcheck that fails",
        Timestamp = Timestamp,
        Service = Service,
        Status = HealthCheck.Types.Status.Error,
        Error = "Unknown exception",
        Results = { ["stats"] = "NaN", ["msg"] = "a catastrophic failure occurred", ["foo"] = "ugh", ["metric"] = "-0.0001", ["label"] = "" },
    };

    public const string PongJson =
        """{"healthChecks":[{"description":"This is a pong healthcheck that fails","error":"Unknown exception","id":"go.micro.healthcheck.pong","results":{"foo":"ugh","label":"","metric":"-0.0001","msg":"a catastrophic failure occurred","stats":"NaN"},"service":{"id":"go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6","name":"go-server","version":"1.0.0"},"status":2,"timestamp":1451096508}]}""";

    public const string PingJson =
        "{\n" +
        "\t\"healthChecks\": [\n" +
        "\t\t{\n" +
        "\t\t\t\"description\": \"This is a ping healthcheck that succeeds\",\n" +
        "\t\t\t\"id\": \"go.micro.healthcheck.ping\",\n" +
        "\t\t\t\"results\": {\n" +
        "\t\t\t\t\"foo\": \"bar\",\n" +
        "\t\t\t\t\"label\": \"cruft\",\n" +
        "\t\t\t\t\"metric\": \"1\",\n" +
        "\t\t\t\t\"msg\": \"a successful check\",\n" +
        "\t\t\t\t\"stats\": \"123.0\"\n" +
        "\t\t\t},\n" +
        "\t\t\t\"service\": {\n" +
        "\t\t\t\t\"id\": \"go-server-672d50a7-ab77-11e5-ad84-68a86d0d36b6\",\n" +
        "\t\t\t\t\"name\": \"go-server\",\n" +
        "\t\t\t\t\"version\": \"1.0.0\"\n" +
        "\t\t\t},\n" +
        "\t\t\t\"status\": 1,\n" +
        "\t\t\t\"timestamp\": 1451096508\n" +
        "\t\t}\n" +
        "\t]\n" +
        "}\n";
}
