using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Monitor.Protocol;
using Monitor.Testing.Processes;

namespace Monitor.EndToEnd.Tests;

/// <summary>The HTTP JSON interface, as curl sees it.</summary>
internal static class JsonApi
{
    public static async Task<(HttpStatusCode Code, string Body)> GetAsync(this SiloProcess silo, string pathAndQuery)
    {
        using var response = await silo.HttpClient.GetAsync(new Uri(pathAndQuery, UriKind.Relative));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static async Task<JsonNode> GetJsonAsync(this SiloProcess silo, string pathAndQuery)
    {
        var (code, body) = await silo.GetAsync(pathAndQuery);
        Assert.True(code == HttpStatusCode.OK, $"GET {pathAndQuery}: {(int)code} {body}");
        return JsonNode.Parse(body)!;
    }

    public static async Task<(HttpStatusCode Code, string Body)> PostAsync(this SiloProcess silo, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await silo.HttpClient.PostAsync(new Uri("/v1/reports", UriKind.Relative), content);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static Task<(HttpStatusCode Code, string Body)> PostAsync(this SiloProcess silo, PublishRequest batch) => silo.PostAsync(JsonFormatter.Default.Format(batch));

    /// <summary>Equal as JSON: the order of members does not count.</summary>
    public static void AssertEqual(JsonNode expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"Expected {expected.ToJsonString()}\nbut was  {actual.ToJsonString()}");
}
