using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class NetworkErrorTests
{
    [Fact]
    public void A_code_is_said_in_the_words_of_the_system_and_as_a_number()
    {
        int code = NetworkError.NativeCode(SocketError.ConnectionRefused);
        string text = NetworkError.NetworkErrorString(code);
        Assert.EndsWith($" ({code})", text, StringComparison.Ordinal);
        Assert.Contains("refused", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void To_ask_whether_a_call_would_block_allocates_nothing()
    {
        NetworkError.NativeCode(SocketError.WouldBlock);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int code = NetworkError.NativeCode(SocketError.WouldBlock);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(NetworkError.WouldBlock, code);
    }

    [Fact]
    public void The_last_error_is_that_of_the_last_call_that_failed_on_this_thread()
    {
        using var pair = new Pair(PairKind.UnixByPoll);
        SockResult nothing = pair.Near.Recv(new byte[1], SockFlags.DontWait);
        Assert.Equal(nothing.Error, NetworkError.LastSocketError());
        Background.Run(() => new Sock().Recv(new byte[1])).Join();
        Assert.Equal(nothing.Error, NetworkError.LastSocketError());
    }
}
