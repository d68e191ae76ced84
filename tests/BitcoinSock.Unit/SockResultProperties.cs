using System.Net.Sockets;
using Xunit;

namespace BitcoinSock.Unit;

public class SockResultProperties
{
    [Property]
    public void A_result_is_a_count_or_a_code(int count, ErrorCode code)
    {
        if (count < 0)
        {
            Assert.Throws<ArgumentOutOfRangeException>(nameof(count), () => SockResult.Ok(count));
        }
        else
        {
            SockResult worked = SockResult.Ok(count);
            Assert.Equal((count, 0, false), (worked.Count, worked.Error, worked.IsError));
            Assert.Equal(count, worked.ThrowIfError("call"));
        }

        SockResult failed = SockResult.Fail(code.Value);
        Assert.Equal((-1, code.Value, true), (failed.Count, failed.Error, failed.IsError));
        var thrown = Assert.Throws<SockException>(() => failed.ThrowIfError("call"));
        Assert.Equal($"call(): {NetworkError.NetworkErrorString(code.Value)}", thrown.Message);
        Assert.Equal(
            (SockStatus.Failed, 0, code.Value),
            (thrown.Status, thrown.Count, thrown.ErrorCode)
        );
    }

    [Property]
    public void A_failure_by_its_portable_name_has_the_systems_code(SocketError name) =>
        Assert.Equal(
            SockResult.Fail(new SocketException((int)name).NativeErrorCode),
            SockResult.Fail(name)
        );
}
