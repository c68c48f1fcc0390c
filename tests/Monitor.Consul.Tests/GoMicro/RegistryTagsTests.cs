using System.IO.Compression;
using System.Text;
using Monitor.Consul.GoMicro;

namespace Monitor.Consul.Tests.GoMicro;

public sealed class RegistryTagsTests
{
    // As go-micro of 2016 writes it.
    private const string GoVersion = "v-789c32d433d03300040000ffff02ce00ee";

    [Theory]
    [InlineData("1.0.0", GoVersion)]
    [InlineData("1.0.0", "v=1.0.0")]
    [InlineData("", "v=")]
    public void VersionOf_EitherEncoding_IsRead(string version, string tag) => Assert.Equal(version, RegistryTags.VersionOf(["grpc", "e=x", tag]));

    [Theory]
    [InlineData]
    [InlineData("grpc")]
    [InlineData("v")]
    [InlineData("v1.0.0")]
    [InlineData("v-")]
    [InlineData("v-xyz")]
    [InlineData("v-0011")]
    [InlineData("version=1.0.0")]
    public void VersionOf_NoVersion_IsNull(params string[] tags) => Assert.Null(RegistryTags.VersionOf(tags));

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("ff.http.broadcast")]
    [InlineData("größer")]
    public void Version_IsReadAgain(string version) => Assert.Equal(version, RegistryTags.VersionOf([RegistryTags.Version(version)]));

    [Fact]
    public void Metadata_IsReadAgain()
    {
        var metadata = new Dictionary<string, string> { ["transport"] = "http", ["broker"] = "http", ["quote"] = "\"" };
        var tags = RegistryTags.Metadata(metadata).ToArray();
        Assert.Equal(3, tags.Length);
        Assert.All(tags, tag => Assert.StartsWith("t-", tag, StringComparison.Ordinal));
        Assert.Equal(metadata, RegistryTags.MetadataOf(tags));
    }

    [Fact]
    public void MetadataOf_PlainAndWholeMaps_AreRead() => Assert.Equal(
        new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
        RegistryTags.MetadataOf(["t={\"a\":\"1\",\"b\":\"2\"}", "t=nonsense", "t=[]", "t=null"]));

    [Fact]
    public void MetadataOf_BothEncodings_TheFirstCounts() => Assert.Equal(
        new Dictionary<string, string> { ["a"] = "1" },
        RegistryTags.MetadataOf(["t={\"a\":\"1\"}", .. RegistryTags.Metadata(new Dictionary<string, string> { ["a"] = "2" })]));

    [Fact]
    public void Endpoint_IsReadAgain()
    {
        var endpoint = new RegistryEndpoint("Monitor.HealthChecks", new("HealthChecksRequest", "HealthChecksRequest", [new("id", "string", null)]), null, []);
        var read = Assert.Single(RegistryTags.EndpointsOf([RegistryTags.Endpoint(endpoint)]));
        Assert.Equal(("Monitor.HealthChecks", "id", "string"), (read.Name, read.Request!.Values![0].Name, read.Request.Values[0].Type));
    }

    [Fact]
    public void VersionOf_CompressedBomb_IsNone()
    {
        // 64 MiB in 64 KiB of tag, and one byte more than is allowed.
        Assert.Null(RegistryTags.VersionOf([Bomb(64 * 1024 * 1024)]));
        Assert.Null(RegistryTags.VersionOf([Bomb(RegistryTags.MaxBytes + 1)]));
        Assert.Equal(RegistryTags.MaxBytes, RegistryTags.VersionOf([Bomb(RegistryTags.MaxBytes)])!.Length);
    }

    [Fact]
    public void VersionOf_CompressedBomb_TakesNoMoreThanItMay()
    {
        var bomb = Bomb(64 * 1024 * 1024);
        RegistryTags.VersionOf([bomb]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        RegistryTags.VersionOf([bomb]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    private static string Bomb(int bytes)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var chunk = Encoding.ASCII.GetBytes(new string('x', 1024 * 1024));
            for (var left = bytes; left > 0; left -= chunk.Length) zlib.Write(chunk, 0, Math.Min(left, chunk.Length));
        }
        return $"v-{Convert.ToHexStringLower(compressed.ToArray())}";
    }
}
