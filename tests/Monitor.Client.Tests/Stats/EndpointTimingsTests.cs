using Google.Protobuf.Collections;
using Monitor.Client.Stats;
using Monitor.Protocol;

namespace Monitor.Client.Tests.Stats;

public sealed class EndpointTimingsTests
{
    private readonly EndpointTimings timings = new();

    private RepeatedField<Endpoint> Take()
    {
        RepeatedField<Endpoint> endpoints = [];
        timings.TakeInto(endpoints);
        return endpoints;
    }

    [Fact]
    public void Endpoints_OfEachResult_AreCountedApartAndRestart()
    {
        timings.Record("orders", "Get", TimeSpan.FromMilliseconds(1), CallResult.Success);
        timings.Record("orders", "Get", TimeSpan.FromMilliseconds(3), CallResult.Success);
        timings.Record("orders", "Get", TimeSpan.FromMilliseconds(5), CallResult.Error);
        timings.Record("orders", "Get", TimeSpan.FromSeconds(-1), CallResult.Dropped);
        timings.Record("orders", "Add", TimeSpan.FromMilliseconds(7), CallResult.Error);

        var endpoints = Take();

        Assert.Equal(["Add", "Get"], endpoints.Select(endpoint => endpoint.Method));
        Assert.Null(endpoints[0].Success);
        Assert.Equal((2, 2_000_000, 1_000_000), (endpoints[1].Success.Count, endpoints[1].Success.Mean, endpoints[1].Success.StdDev));
        Assert.Equal((1, 5_000_000), (endpoints[1].Errors.Count, endpoints[1].Errors.Mean));
        Assert.Equal((1, 0), (endpoints[1].Dropped.Count, endpoints[1].Dropped.Mean));
        Assert.Empty(Take());
    }

    [Fact]
    public void Endpoints_OverTheBound_CountAsOther()
    {
        for (var i = 0; i < 3000; i++) timings.Record("orders", $"Method{i}", TimeSpan.FromMilliseconds(1), CallResult.Success);
        var endpoints = Take();
        Assert.Equal(EndpointTimings.MaxEndpoints, endpoints.Count);
        Assert.Equal(3000 - 1023, endpoints.Single(endpoint => endpoint is { Service: "other", Method: "other" }).Success.Count);
    }

    [Fact]
    public async Task Record_WhileTaken_LosesNone()
    {
        const int Writers = 4;
        const int Each = 50_000;
        long taken = 0;
        var writing = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++) timings.Record("orders", $"Method{i % 50}", TimeSpan.FromTicks(i), CallResult.Success);
            },
            TestContext.Current.CancellationToken)));
        while (!writing.IsCompleted)
        {
            taken += Take().Sum(endpoint => endpoint.Success.Count);
            await Task.Yield();
        }

        await writing;
        taken += Take().Sum(endpoint => endpoint.Success.Count);
        Assert.Equal(Writers * Each, taken);
    }
}
