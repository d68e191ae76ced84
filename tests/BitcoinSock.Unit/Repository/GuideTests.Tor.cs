using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

public sealed partial class GuideTests
{
    private sealed class TorControl(ISock control, Action<List<string>> onEvent, int maxReply)
        : IDisposable
    {
        private readonly FrameReader _reader = new(control, "\r\n"u8, maxReply);

        public void Dispose() => _reader.Dispose();

        public List<string> Ask(string command, TimeSpan timeout, CancellationToken interrupt)
        {
            control.SendComplete(command + "\r\n", timeout, interrupt);
            List<string> reply = Hear(timeout, interrupt);
            while (reply[0] is ['6', ..]) // what was asked for by SETEVENTS comes in between
            {
                onEvent(reply);
                reply = Hear(timeout, interrupt);
            }

            return reply;
        }

        public List<string> Hear(TimeSpan timeout, CancellationToken interrupt)
        {
            var lines = new List<string>();
            int length = 0;
            do
            {
                string line = HearLine();
                if (line is not [>= '2' and <= '6', _, _, ' ' or '-' or '+', ..])
                {
                    throw new InvalidDataException($"this is no reply of Tor's: {line}");
                }

                if (line[3] == '+') // data, up to a dot; where it has one in front, it has two
                {
                    var data = new StringBuilder(line);
                    for (string next = HearLine(); next != "."; next = HearLine())
                    {
                        data.Append('\n').Append(next is ['.', ..] ? next[1..] : next);
                    }

                    line = data.ToString();
                }

                lines.Add(line);
            } while (lines[^1][3] != ' ');
            return lines;

            string HearLine()
            {
                ReadOnlySpan<byte> line = _reader.Read(timeout, interrupt);
                length += line.Length + 2;
                return length <= maxReply
                    ? Encoding.UTF8.GetString(line)
                    : throw new InvalidDataException($"a reply has more than {maxReply} bytes");
            }
        }
    }

    [Fact]
    public void Tor()
    {
        Sock control = _near;
        TimeSpan timeout = _timeout;
        ThreadInterrupt interrupt = _interrupt;
        _far.SendComplete("250-version=0.4\r\n250 OK\r\n650 x", _timeout);
        var events = new List<List<string>>();

        using var tor = new TorControl(control, events.Add, maxReply: 64 * 1024 * 1024);
        List<string> reply = tor.Ask("GETINFO version", timeout, interrupt);

        Assert.Equal(["250-version=0.4", "250 OK"], reply);
        Assert.Empty(events);
        Assert.Equal("GETINFO version\r\n"u8, _far.RecvNow());
        Assert.Equal("650 x"u8, _near.RecvNow()); // not one byte more was read
    }

    [Fact]
    public void Tor_replies_have_any_length()
    {
        string[] lines = [.. Enumerable.Range(0, 2000).Select(i => $"250-line/{i}=x")];
        using var tor = new TorControl(_near, _ => { }, 1_000_000);
        var telling = Background.Run(() =>
            _far.TrySendComplete(
                string.Join("\r\n", [.. lines, "250 OK", "551 the next one", ""]),
                Within.Long
            )
        );
        Assert.Equal([.. lines, "250 OK"], tor.Ask("GETINFO all", Within.Long, _interrupt));
        Assert.Equal(["551 the next one"], tor.Ask("FAIL", Within.Long, _interrupt));
        Assert.True(telling.Join().IsOk);
    }

    [Fact]
    public void Tor_data_is_all_of_it_and_its_dots_are_single()
    {
        string data = "r moria1-\r\n250 no end\r\n..\r\n...two\r\n\r\n650 no event\r\n.\r\n";
        _far.SendComplete($"250-a=b\r\n250+ns=\r\n{data}250 OK\r\n", _timeout);
        using var tor = new TorControl(_near, reply => Assert.Fail(reply[0]), 1000);
        Assert.Equal(
            ["250-a=b", "250+ns=\nr moria1-\n250 no end\n.\n..two\n\n650 no event", "250 OK"],
            tor.Ask("GETINFO a ns", _timeout, _interrupt)
        );
    }

    [Fact]
    public void Tor_events_come_before_and_between_replies_and_are_passed_on()
    {
        _far.SendComplete(
            "650 BW 1 2\r\n650-CONF_CHANGED\r\n650 OK\r\n250 OK\r\n"
                + "650+NS\r\n250 OK\r\n.\r\n650 OK\r\n250-version=0.4\r\n250 OK\r\n650 BW 3 4\r\n",
            _timeout
        );
        var events = new List<List<string>>();
        using var tor = new TorControl(_near, events.Add, 1000);
        Assert.Equal(["250 OK"], tor.Ask("SETEVENTS BW", _timeout, _interrupt));
        Assert.Equal(
            [
                ["650 BW 1 2"],
                ["650-CONF_CHANGED", "650 OK"],
            ],
            events
        );
        string[] version = ["250-version=0.4", "250 OK"];
        Assert.Equal(version, tor.Ask("GETINFO version", _timeout, _interrupt));
        Assert.Equal(["650+NS\n250 OK", "650 OK"], events[2]);
        Assert.Equal(3, events.Count);
        Assert.Equal(["650 BW 3 4"], tor.Hear(_timeout, _interrupt)); // where nothing was asked
    }

    [Theory]
    [InlineData("250-1234\r\n250 OK\r\n", true)] // 18 bytes
    [InlineData("250-12345\r\n250 OK\r\n", false)]
    [InlineData("250+a=\r\n\r\n\r\n\r\n\r\n\r\n.\r\n250 OK\r\n", false)]
    public void Tor_replies_that_are_too_long_are_an_error_and_never_cut(string said, bool fits)
    {
        _far.SendComplete(said, _timeout);
        using var tor = new TorControl(_near, _ => { }, 18);
        if (fits)
        {
            Assert.Equal(2, tor.Ask("GETINFO a", _timeout, _interrupt).Count);
        }
        else
        {
            var tooLong = Assert.Throws<InvalidDataException>(() =>
                tor.Ask("GETINFO a", _timeout, _interrupt)
            );
            Assert.Contains("more than 18 bytes", tooLong.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("SSH-2.0\r\n")]
    [InlineData("250\r\n")]
    [InlineData("\r\n")]
    public void Tor_is_nobody_else(string said)
    {
        _far.SendComplete(said, _timeout);
        using var tor = new TorControl(_near, _ => { }, 1000);
        Assert.Throws<InvalidDataException>(() => tor.Hear(_timeout, _interrupt));
    }
}
