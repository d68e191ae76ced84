using BitcoinSock;
using Xunit;

namespace Consumer;

public class LineTests
{
    [Fact]
    public void A_line_goes_and_what_follows_it_stays()
    {
        (Sock first, Sock second) = Sock.CreatePair();
        using Sock near = first,
            far = second;
        TimeSpan within = TimeSpan.FromSeconds(5);
        CancellationToken interrupt = TestContext.Current.CancellationToken;

        near.SendComplete("HELLO VERSION\nsomething else", within, interrupt);

        Assert.Equal("HELLO VERSION", far.RecvUntilTerminator((byte)'\n', within, interrupt, 100));
        byte[] rest = new byte["something else".Length];
        far.RecvComplete(rest, within, interrupt);
        Assert.Equal("something else"u8, rest);
    }
}
