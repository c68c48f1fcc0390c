using System.Globalization;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Monitor.Gateway.Errors;
using Monitor.Rules.Reports;

namespace Monitor.Gateway.Http;

/// <summary>Requests from the query of a GET, or from the JSON body of a POST. What is unknown, malformed or out of range is INVALID_ARGUMENT and named.</summary>
internal static class RequestBinder
{
    // JSON is larger than the message it stands for; the message itself is limited by its own size.
    private const long MaxBodyBytes = 4L * ReportLimits.BatchBytes;

    private const string UnknownField = "Unknown field: ";

    private static readonly JsonParser Parser = new(new JsonParser.Settings(32).WithIgnoreUnknownFields(false));

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static T FromQuery<T>(IQueryCollection query)
        where T : IMessage, new()
    {
        var request = new T();
        var fields = request.Descriptor.Fields.InFieldNumberOrder();
        foreach (var (name, values) in query)
        {
            var field = fields.FirstOrDefault(one => one.Name == name || one.JsonName == name)
                ?? throw Failure.Invalid(name, $"No such parameter; there are: {string.Join(", ", fields.Select(one => one.JsonName))}.");
            if (values is not [{ } text]) throw Failure.Invalid(field.Name, "It is given more than once.");
            if (text.Length > 0) field.Accessor.SetValue(request, Parse(field, text));
        }
        return request;
    }

    public static async Task<T> FromBodyAsync<T>(HttpRequest request, CancellationToken cancellationToken)
        where T : IMessage, new()
    {
        if (request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBodyBytes;
        try
        {
            using var reader = new StreamReader(request.Body, StrictUtf8);
            var text = await reader.ReadToEndAsync(cancellationToken);
            if (string.IsNullOrWhiteSpace(text)) throw Failure.Invalid("", "The body is empty; a JSON object is required.");
            return Parser.Parse<T>(text);
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw Failure.Invalid("", $"The body is too large; at most {MaxBodyBytes} bytes of JSON are allowed.");
        }
        catch (DecoderFallbackException)
        {
            throw Failure.Invalid("", "The body is not valid UTF-8.");
        }
        catch (InvalidJsonException malformed)
        {
            throw Failure.Invalid("", $"The body is no JSON: {malformed.Message}");
        }
        catch (InvalidProtocolBufferException wrong)
        {
            var field = wrong.Message.StartsWith(UnknownField, StringComparison.Ordinal) ? wrong.Message[UnknownField.Length..] : "";
            throw Failure.Invalid(field, field.Length > 0 ? "No such field." : $"The body does not fit: {wrong.Message}");
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException or InvalidCastException)
        {
            throw Failure.Invalid("", $"The body does not fit: {wrong.Message}");
        }
    }

    private static object Parse(FieldDescriptor field, string text)
    {
        const NumberStyles Integer = NumberStyles.AllowLeadingSign;
        var culture = CultureInfo.InvariantCulture;
        switch (field.FieldType)
        {
            case FieldType.String:
                return text;
            case FieldType.Bool when bool.TryParse(text, out var flag):
                return flag;
            case FieldType.Int64 when long.TryParse(text, Integer, culture, out var number):
                return number;
            case FieldType.UInt64 when ulong.TryParse(text, Integer, culture, out var number):
                return number;
            case FieldType.Enum when int.TryParse(text, Integer, culture, out var number):
                return System.Enum.ToObject(field.EnumType.ClrType, number);
            case FieldType.Enum when field.EnumType.FindValueByName(text) is { } value:
                return System.Enum.ToObject(field.EnumType.ClrType, value.Number);
            default:
                throw Failure.Invalid(field.Name, $"'{text}' is not allowed: it must be {Allowed(field)}.");
        }
    }

    private static string Allowed(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "true or false",
        FieldType.UInt64 => "a number from 0",
        FieldType.Enum => string.Join(", ", field.EnumType.Values.Select(value => $"{value.Name} ({value.Number})")),
        _ => "a number",
    };
}
