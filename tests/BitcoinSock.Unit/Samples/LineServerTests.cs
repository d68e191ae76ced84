using System.Net.Sockets;
using System.Text;
using LineServer;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>The server of the samples: what a protocol over SockPoller comes to.</summary>
public partial class LineServerTests
{
    private static readonly Limits Usual = new(10, 20, Within.Long);

    [Fact]
    public void Lines_are_answered_in_order_until_quit() =>
        Serve(
            Usual,
            connect =>
            {
                using Sock client = connect();
                client.SendComplete("hel", Within.Long);
                Thread.Sleep(Within.Brief);
                client.SendComplete("lo\n\nquit\nmore\n", Within.Long);
                Assert.Equal("echo: hello\necho: \nbye\n", Text(client.Drain()));
            }
        );

    [Fact]
    public void What_came_before_the_end_is_answered() =>
        Serve(
            Usual,
            connect =>
            {
                using Sock client = connect();
                client.SendComplete("one\ntwo\nthr", Within.Long);
                client.ShutdownSend();
                Assert.Equal("echo: one\necho: two\n", Text(client.Drain()));
            }
        );

    [Fact]
    public void The_limit_of_a_line_holds_over_all_its_parts() =>
        Serve(
            Usual,
            connect =>
            {
                using Sock client = connect();
                foreach (
                    string part in (string[])
                        ["xxxxxxxxxxxxxxx", "yyyyy\nzzzzzzzzzzzzzzz", "zzzzzz\n"]
                )
                {
                    client.SendComplete(part, Within.Long);
                    Thread.Sleep(Within.Brief);
                }

                const string Expected = "echo: xxxxxxxxxxxxxxxyyyyy\nerror: the line is too long\n";
                Assert.Equal(Expected, Text(client.Drain()));
            }
        );

    [Fact]
    public void Who_does_not_read_is_not_read_from_and_holds_nobody() =>
        Serve(
            Usual,
            connect =>
            {
                using Sock deaf = connect();
                string lines = string.Concat(Enumerable.Repeat("0123456789\n", 100_000));
                while (deaf.TrySendComplete(lines, TimeSpan.FromSeconds(0.5)).IsOk) { }

                using Sock other = connect();
                Assert.Equal("echo: other", Ask(other, "other"));
                Assert.Equal("echo: 0123456789", Hear(deaf));
            }
        );

    [Fact]
    public void One_too_many_waits_until_somebody_leaves() =>
        Serve(
            Usual with
            {
                Connections = 1,
            },
            connect =>
            {
                Sock first = connect();
                Assert.Equal("echo: first", Ask(first, "first"));
                using Sock second = connect();
                second.SendComplete("second\n", Within.Long);
                Assert.Equal(0, second.Wait(Within.Brief, SockEvents.Recv, out _).Count);
                first.Dispose();
                Assert.Equal("echo: second", Hear(second));
            }
        );

    [Fact]
    public void Who_is_silent_is_dropped() =>
        Serve(
            Usual with
            {
                Idle = TimeSpan.FromSeconds(0.5),
            },
            connect =>
            {
                using Sock client = connect();
                Assert.Empty(client.Drain());
            }
        );

    [Fact(DisableParallelization = true)]
    public void It_serves_a_crowd_and_hostile_clients_for_some_seconds()
    {
        var figures = new StringWriter();
        // Every call of Wine's asks its server: a fifth of the clients is as much work there.
        var plan = Wine.IsHere
            ? new LoadPlan(TimeSpan.FromSeconds(4), 40, 4, 5)
            : new LoadPlan(TimeSpan.FromSeconds(4), 200, 20, 10);
        Assert.True(Load.Run(plan, figures, default), figures.ToString());
    }

    private static void Serve(Limits limits, Action<Func<Sock>> play)
    {
        using var server = new Server(0, limits);
        var stop = new ThreadInterrupt();
        var serving = Background.Run(() =>
        {
            server.Run(stop);
            return true;
        });
        play(() =>
        {
            Sock client = Sock.Create(AddressFamily.InterNetwork);
            client.ConnectComplete(server.EndPoint, Within.Long);
            return client;
        });
        stop.Interrupt();
        Assert.True(serving.Join());
    }

    private static string Ask(Sock client, string line)
    {
        client.SendComplete(line + "\n", Within.Long);
        return Hear(client);
    }

    private static string Hear(Sock client) =>
        client.RecvUntilTerminator((byte)'\n', Within.Long, default, 100);

    private static string Text(byte[] bytes) => Encoding.ASCII.GetString(bytes);
}
