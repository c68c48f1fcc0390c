using System.Net;
using Monitor.Consul.Http;
using Monitor.Testing.Processes;

namespace Monitor.Consul.Tests.Http;

public sealed class FailOverTests(SharedConsul consul)
{
    private readonly string key = $"test/{Guid.NewGuid():N}";

    private static Uri Nobody => new($"http://127.0.0.1:{Ports.Free()}");

    [Fact]
    public async Task Request_FirstAddressRefuses_GoesToTheNextAndStaysThere()
    {
        using var client = SharedConsul.ClientOf([Nobody, consul.Address]);

        Assert.True(await client.PutAsync(key, "1"u8.ToArray(), 0));

        Assert.Equal(consul.Address, client.Address);
        Assert.NotNull(await client.GetAsync(key));
    }

    [Fact]
    public async Task Request_NobodyAnswers_ThrowsWithoutAStatus()
    {
        using var client = SharedConsul.ClientOf([Nobody, Nobody]);

        Assert.Null((await Assert.ThrowsAsync<ConsulException>(() => client.GetAsync(key))).StatusCode);
    }

    [Fact]
    public async Task Read_AddressHangs_GoesToTheNextAfterTheTimeout()
    {
        await using var proxy = await Hanging();
        using var client = SharedConsul.ClientOf([proxy.Address, consul.Address], configure: options => options.RequestTimeout = TimeSpan.FromMilliseconds(300));
        await consul.Client.PutAsync(key, "1"u8.ToArray());

        Assert.NotNull(await client.GetAsync(key));
    }

    [Fact]
    public async Task Transaction_NoAnswer_IsNotSentAgain()
    {
        await using var proxy = await Hanging();
        using var client = SharedConsul.ClientOf([proxy.Address, consul.Address], configure: options => options.RequestTimeout = TimeSpan.FromMilliseconds(300));

        // It may have been done: to send it again could answer that it is stale when it was not.
        await Assert.ThrowsAsync<ConsulException>(() => client.TransactAsync([new(key, "1"u8.ToArray(), 0)]));

        Assert.Equal(consul.Address, client.Address);
        Assert.NotNull(await client.TransactAsync([new(key, "1"u8.ToArray(), 0)]));
    }

    [Theory]
    [InlineData("No cluster leader", true)]
    [InlineData("leadership lost while committing log", false)]
    public async Task Transaction_ErrorOfTheServer_IsSentAgainOnlyWhereNothingWasDone(string error, bool again)
    {
        await using var proxy = await ConsulProxy.StartAsync(consul.Address);
        proxy.Intercept = _ => Task.FromResult<(int, string)?>((500, error));
        using var client = SharedConsul.ClientOf([proxy.Address, consul.Address]);

        var transaction = client.TransactAsync([new(key, "1"u8.ToArray(), 0)]);

        if (again) Assert.NotNull(await transaction);
        else Assert.Contains(error, (await Assert.ThrowsAsync<ConsulException>(() => transaction)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ErrorOfTheServer_GoesToTheNext()
    {
        await using var proxy = await ConsulProxy.StartAsync(consul.Address);
        proxy.Intercept = _ => Task.FromResult<(int, string)?>((500, "leadership lost"));
        using var client = SharedConsul.ClientOf([proxy.Address, consul.Address]);

        Assert.Null(await client.GetAsync(key));
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public async Task Request_AgentAnswersForItself_IsNotAskedOfAnother()
    {
        await using var proxy = await ConsulProxy.StartAsync(consul.Address);
        using var client = SharedConsul.ClientOf([consul.Address, proxy.Address]);

        var e = await Assert.ThrowsAsync<ConsulException>(() => client.UpdateCheckAsync(key, CheckStatus.Passing, ""));

        Assert.NotNull(e.StatusCode);
        Assert.Empty(proxy.Requests);
    }

    [Fact]
    public async Task Request_CallerCancels_ThrowsThat()
    {
        await using var proxy = await Hanging();
        using var client = SharedConsul.ClientOf([proxy.Address]);
        using var cancellation = new CancellationTokenSource();

        var read = client.GetAsync(key, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    private async Task<ConsulProxy> Hanging()
    {
        var proxy = await ConsulProxy.StartAsync(consul.Address);
        proxy.Intercept = async request =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, request.HttpContext.RequestAborted);
            return ((int)HttpStatusCode.OK, "");
        };
        return proxy;
    }
}
