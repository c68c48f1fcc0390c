using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Monitor.Client.Integrations;
using Monitor.Client.Internal;

namespace Monitor.Client;

/// <summary>Adds a reporter to a host, and its timings to what the host serves and calls.</summary>
public static class MonitorReporterExtensions
{
    /// <summary>
    /// Adds a reporter that starts and stops with the host, as <see cref="IMonitorReporter"/>. Its settings come from the configuration section
    /// <c>Monitor:Reporter</c>, then from <paramref name="configure"/>, and are validated at start. What is called again adds to the same reporter.
    /// </summary>
    public static IMonitorReporterBuilder AddMonitorReporter(this IHostApplicationBuilder builder, Action<MonitorReporterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Services.AddMonitorReporter(configure);
    }

    /// <inheritdoc cref="AddMonitorReporter(IHostApplicationBuilder, Action{MonitorReporterOptions})"/>
    public static IMonitorReporterBuilder AddMonitorReporter(this IServiceCollection services, Action<MonitorReporterOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        AddOptions(services, configure);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(Create);
        services.TryAddSingleton<IMonitorReporter>(provider => provider.GetRequiredService<MonitorReporter>());
        services.TryAddSingleton<MonitorClientInterceptor>();
        services.TryAddSingleton<MonitorServerInterceptor>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ReporterService>());
        return new ReporterBuilder(services);
    }

    /// <summary>Times the requests of this client. See <see cref="MonitorHttpHandler"/>.</summary>
    public static IHttpClientBuilder AddMonitorReporting(this IHttpClientBuilder builder) =>
        builder.AddHttpMessageHandler(provider => new MonitorHttpHandler(provider.GetRequiredService<IMonitorReporter>()));

    /// <summary>
    /// Times the HTTP requests that this application handles, with its own service name, and the HTTP method and route pattern as the method ("GET /orders/{id}");
    /// what matches no route is "unmatched". Statuses 408 and 504, and requests that the client aborted, count as dropped; other statuses from 500 on, and exceptions,
    /// as errors. gRPC calls are left to <see cref="MonitorServerInterceptor"/>. Put it first in the pipeline.
    /// </summary>
    public static IApplicationBuilder UseMonitorReporting(this IApplicationBuilder app) => app.UseMiddleware<ReportingMiddleware>();

    private static void AddOptions(IServiceCollection services, Action<MonitorReporterOptions>? configure)
    {
        if (!services.Any(service => service.ImplementationType == typeof(ReporterDefaults)))
        {
            services.AddOptions<MonitorReporterOptions>().ValidateOnStart();
            services.AddSingleton<IConfigureOptions<MonitorReporterOptions>>(provider => new ConfigureOptions<MonitorReporterOptions>(
                options => provider.GetService<IConfiguration>()?.GetSection(MonitorReporterOptions.Section).Bind(options)));
            services.AddSingleton<IPostConfigureOptions<MonitorReporterOptions>, ReporterDefaults>();
            services.AddSingleton<IPostConfigureOptions<MonitorReporterOptions>>(provider => new PostConfigureOptions<MonitorReporterOptions>(
                null, options => options.AddressResolver ??= provider.GetService<AddressResolver>()));
            services.AddSingleton<IValidateOptions<MonitorReporterOptions>, MonitorReporterOptionsValidator>();
        }

        if (configure is not null) services.Configure(configure);
    }

    private static MonitorReporter Create(IServiceProvider provider)
    {
        var reporter = new MonitorReporter(
            provider.GetRequiredService<IOptions<MonitorReporterOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>());
        foreach (var check in provider.GetServices<ConfiguredCheck>())
            reporter.Register(check.Id, check.Description, cancellationToken => check.Check(provider, cancellationToken));
        return reporter;
    }
}
