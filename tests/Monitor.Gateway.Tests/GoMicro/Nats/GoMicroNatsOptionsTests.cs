using Monitor.Gateway.GoMicro.Nats;

namespace Monitor.Gateway.Tests.GoMicro.Nats;

public sealed class GoMicroNatsOptionsTests
{
    [Fact]
    public void Validate_Defaults_AreGoodAndOff()
    {
        Assert.Null(Failures(new()));
        Assert.False(new GoMicroNatsOptions().IsConfigured);
    }

    [Theory]
    [InlineData("nats://localhost:4222")]
    [InlineData("tls://nats.example")]
    [InlineData("a:1, nats://[::1]:2 ,tls://c:3/")]
    public void Validate_Servers_AreGood(string url) => Assert.Null(Failures(new() { Url = url }));

    [Theory]
    [InlineData(",")]
    [InlineData("http://localhost:4222")]
    [InlineData("nats://localhost:99999")]
    [InlineData("nats://localhost/path")]
    [InlineData("nats://good,ws://bad")]
    public void Validate_NoServer_IsRefusedByName(string url) => Assert.StartsWith("Monitor:GoMicro:Nats:Url ", Failures(new() { Url = url }), StringComparison.Ordinal);

    [Fact]
    public void Validate_PasswordInTheUrl_IsRefusedWithoutRepeatingIt()
    {
        var failures = Failures(new() { Url = "nats://me:secret@localhost" });
        Assert.Contains("Monitor:GoMicro:Nats:Password", failures, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failures, StringComparison.Ordinal);
    }

    public static TheoryData<string, GoMicroNatsOptions> Bad => new()
    {
        { "Monitor:GoMicro:Nats:User and Monitor:GoMicro:Nats:Password need each other", new() { User = "me" } },
        { "Monitor:GoMicro:Nats:User and Monitor:GoMicro:Nats:Password need each other", new() { Password = "secret" } },
        { "Monitor:GoMicro:Nats:User and Monitor:GoMicro:Nats:Token are set", new() { User = "me", Password = "secret", Token = "secret" } },
        { "Monitor:GoMicro:Nats:CredentialsFile is '/nowhere/a.creds'; there is no such file.", new() { CredentialsFile = "/nowhere/a.creds" } },
        { "Monitor:GoMicro:Nats:NKeyFile is '/nowhere/a.nk'; there is no such file.", new() { NKeyFile = "/nowhere/a.nk" } },
        { "Monitor:GoMicro:Nats:CaFile is '/nowhere/ca.pem'; there is no such file.", new() { CaFile = "/nowhere/ca.pem" } },
        { "Monitor:GoMicro:Nats:JetStream is '9'; auto, required and off are allowed.", new() { JetStream = (JetStreamMode)9 } },
        { "Monitor:GoMicro:Nats:Stream is 'a.b'; 1 to 255 letters", new() { Stream = "a.b" } },
        { "Monitor:GoMicro:Nats:Stream is ''; 1 to 255 letters", new() { Stream = "" } },
        { "Monitor:GoMicro:Nats:StreamMaxAge is 00:00:59; 00:01:00 to 31.00:00:00 are allowed.", new() { StreamMaxAge = TimeSpan.FromSeconds(59) } },
        { "Monitor:GoMicro:Nats:StreamMaxBytes is 1; 8388608 to 1099511627776 are allowed.", new() { StreamMaxBytes = 1 } },
    };

    [Theory, MemberData(nameof(Bad))]
    public void Validate_BadValue_IsRefusedByNameValueAndRange(string failure, GoMicroNatsOptions options)
    {
        var failures = Failures(options);
        Assert.StartsWith(failure, failures, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failures, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("go.micro.srv.monitor", "go.micro.srv.monitor", "go_micro_srv_monitor")]
    [InlineData("a-b", "a-b", "a-b")]
    public void Queue_OfLettersAndDots_NamesTheConsumers(string queue, string group, string durable) => Assert.Equal(new(group, durable), NatsQueue.Of(queue, "gateway"));

    [Fact]
    public void Queue_NamesThatWouldBeTheSame_AreTold()
    {
        string[] queues = ["a.b", "a_b", "a b", "a/b", new('a', 250), new('a', 251), ""];
        var names = queues.Select(queue => NatsQueue.Of(queue, "gateway")).ToArray();
        Assert.Equal(queues.Length, names.Select(name => name.Durable).Distinct().Count());
        Assert.All(names, name => Assert.Matches("^[A-Za-z0-9_-]{1,220}$", name.Durable));
        Assert.All(names, name => Assert.DoesNotContain(' ', name.Group ?? ""));
        Assert.Null(names[^1].Group);
        Assert.NotEqual(names[^1], NatsQueue.Of("", "another"));
    }

    private static string? Failures(GoMicroNatsOptions options) => new GoMicroNatsOptionsValidator().Validate(null, options).FailureMessage;
}
