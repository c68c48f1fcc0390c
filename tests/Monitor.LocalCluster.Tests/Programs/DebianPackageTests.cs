using Monitor.LocalCluster.Programs;

namespace Monitor.LocalCluster.Tests.Programs;

public sealed class DebianPackageTests
{
    [Fact]
    public async Task Fetch_PackageOfAnOlderSuite_AnswersItsUnpackedRoot()
    {
        var roots = await Task.WhenAll(DebianPackage.FetchAsync("consul", "bullseye"), DebianPackage.FetchAsync("consul", "bullseye"));

        Assert.Equal(roots[0], roots[1]);
        Assert.True(File.Exists(Path.Combine(roots[0], "usr", "bin", "consul")));
    }
}
