using System.Net;
using System.Text;
using Monitor.Consul.Http;

namespace Monitor.Consul.Tests.Http;

public sealed class ConsulClientTests(SharedConsul consul)
{
    private readonly string folder = $"test/{Guid.NewGuid():N}/";

    [Fact]
    public async Task Kv_WrittenKey_IsReadBackWithItsIndex()
    {
        await consul.Client.PutAsync($"{folder}a b+c", "1"u8.ToArray());

        var read = await consul.Client.GetAsync($"{folder}a b+c");

        Assert.Equal($"{folder}a b+c", read!.Key);
        Assert.Equal("1", Encoding.UTF8.GetString(read.Value!));
        Assert.NotEqual(0UL, read.ModifyIndex);
        Assert.Null(await consul.Client.GetAsync($"{folder}none"));
        Assert.Empty(await consul.Client.ListAsync($"{folder}none/"));
    }

    [Fact]
    public async Task Kv_CompareAndSet_WritesOnlyOverTheGivenIndex()
    {
        Assert.True(await consul.Client.PutAsync($"{folder}a", "1"u8.ToArray(), 0));
        Assert.False(await consul.Client.PutAsync($"{folder}a", "2"u8.ToArray(), 0));
        var index = (await consul.Client.GetAsync($"{folder}a"))!.ModifyIndex;
        Assert.True(await consul.Client.PutAsync($"{folder}a", "2"u8.ToArray(), index));
        Assert.False(await consul.Client.PutAsync($"{folder}a", "3"u8.ToArray(), index));
    }

    [Fact]
    public async Task DeleteFolder_LeavesNeighboursAndRefusesABarePrefix()
    {
        foreach (var key in new[] { "x@1/iamalive", "x@10/iamalive", "x@1" }) await consul.Client.PutAsync(folder + key, "1"u8.ToArray());

        await consul.Client.DeleteFolderAsync($"{folder}x@1/");

        Assert.Equal([$"{folder}x@1", $"{folder}x@10/iamalive"], (await consul.Client.ListAsync(folder)).Select(value => value.Key).Order(StringComparer.Ordinal));
        await Assert.ThrowsAsync<ArgumentException>(() => consul.Client.DeleteFolderAsync($"{folder}x@1"));
    }

    [Fact]
    public async Task Transact_OneStaleChange_ChangesNothing()
    {
        var first = await consul.Client.TransactAsync([new($"{folder}a", "1"u8.ToArray(), 0), new($"{folder}b", "1"u8.ToArray(), 0)]);
        var stale = await consul.Client.TransactAsync([new($"{folder}a", null, first![0]), new($"{folder}b", "2"u8.ToArray(), first[1] + 1)]);

        Assert.Null(stale);
        Assert.Equal(2, (await consul.Client.ListAsync(folder)).Count);
        Assert.NotNull(await consul.Client.TransactAsync([new($"{folder}a", null, first[0]), new($"{folder}b", "2"u8.ToArray(), first[1])]));
        Assert.Equal("2", Encoding.UTF8.GetString(Assert.Single(await consul.Client.ListAsync(folder)).Value!));
    }

    [Fact]
    public async Task Datacenter_Unknown_IsAnErrorThatSaysSo()
    {
        using var client = SharedConsul.ClientOf([consul.Address], configure: options => options.Datacenter = "nowhere");

        var e = await Assert.ThrowsAsync<ConsulException>(() => client.GetAsync("a"));

        Assert.Equal(HttpStatusCode.InternalServerError, e.StatusCode);
        Assert.Contains("No path to datacenter", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:8500", "00:00:05", null, "Consul:Addresses")]
    [InlineData("ftp://h", "00:00:05", null, "Consul:Addresses")]
    [InlineData("http://h", "00:02:00", null, "Consul:RequestTimeout")]
    [InlineData("http://h", "00:00:00", null, "Consul:RequestTimeout")]
    [InlineData("http://h", "00:00:05", "a\nb", "Consul:Token")]
    public void Options_Invalid_NameTheKey(string address, string timeout, string? token, string key)
    {
        var options = new ConsulOptions { RequestTimeout = TimeSpan.Parse(timeout, null), Token = token };
        options.Addresses.Add(new Uri(address, UriKind.RelativeOrAbsolute));

        var failure = Assert.Single(options.Validate("Consul"));

        Assert.Contains(key, failure, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ConsulClient(options));
    }
}
