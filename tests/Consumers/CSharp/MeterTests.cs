using BitcoinSock;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Xunit;

// The meter is the process's: what other tests do meanwhile would count too.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Consumer;

public class MeterTests
{
    [Fact]
    public void OpenTelemetry_takes_the_meter_as_it_is()
    {
        var exported = new List<Metric>();
        using MeterProvider provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter("BitcoinSock")
            .AddInMemoryExporter(exported)
            .Build();
        (Sock first, Sock second) = Sock.CreatePair();
        using Sock near = first,
            far = second;
        TimeSpan within = TimeSpan.FromSeconds(5);
        CancellationToken interrupt = TestContext.Current.CancellationToken;
        near.SendComplete("12345\n", within, interrupt);
        far.RecvUntilTerminator((byte)'\n', within, interrupt, maxData: 100);

        Assert.True(provider.ForceFlush());

        Assert.Equal(12, Sum("bitcoinsock.io")); // sent and received
        Assert.Equal(2, Sum("bitcoinsock.operations"));
        Assert.InRange(Sum("bitcoinsock.open_socket.count"), 2, 4); // and what wakes a wait

        long Sum(string instrument)
        {
            long sum = 0;
            foreach (
                MetricPoint point in exported.Single(it => it.Name == instrument).GetMetricPoints()
            )
            {
                sum += point.GetSumLong();
            }

            return sum;
        }
    }
}
