using System.Text.Json;
using Microsoft.OpenApi;
using static Monitor.Gateway.Tests.GatewayFixture;

namespace Monitor.Gateway.Tests.Http;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_Read_IsValidAndNamesEveryRoute()
    {
        await using var gateway = await StartAsync();
        var json = await gateway.Http.GetStringAsync("/openapi.json", Limit);
        var result = OpenApiDocument.Parse(json, "json");
        Assert.Empty(result.Diagnostic!.Errors);
        Assert.Empty(result.Diagnostic.Warnings);
        Assert.Equal(
            ["/v1/healthchecks", "/v1/history", "/v1/reports", "/v1/services", "/v1/stats", "/v1/status", "/v1/summary"],
            result.Document!.Paths.Keys.Order());
    }

    [Fact]
    public async Task Document_Schemas_HaveTheNamesAndTypesOfTheJson()
    {
        await using var gateway = await StartAsync();
        using var json = JsonDocument.Parse(await gateway.Http.GetStringAsync("/openapi.json", Limit));
        var schemas = json.RootElement.GetProperty("components").GetProperty("schemas");
        Assert.True(schemas.GetProperty("HealthChecksResponse").GetProperty("properties").TryGetProperty("healthChecks", out _));
        var check = schemas.GetProperty("HealthCheck").GetProperty("properties");
        Assert.Equal("integer", check.GetProperty("timestamp").GetProperty("type").GetString());
        Assert.StartsWith("When it was run", check.GetProperty("timestamp").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal("integer", schemas.GetProperty("HealthCheck.Status").GetProperty("type").GetString());
        Assert.Equal("uint64", schemas.GetProperty("CPU").GetProperty("properties").GetProperty("userTime").GetProperty("format").GetString());
        var parameters = json.RootElement.GetProperty("paths").GetProperty("/v1/healthchecks").GetProperty("get").GetProperty("parameters");
        Assert.Contains("pageToken", parameters.EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()));
    }
}
