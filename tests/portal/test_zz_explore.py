import time, re
from tests.portal.browsing import *
from tests.story import sent_to, accepted_by
def test_x(signed_in, acting, statements, admin_connection):
    t=time.time(); lan=signed_in("lan@anh-duong"); print("signin", time.time()-t)
    print("rehash?", admin_connection.execute("select substr(password,1,40) from account where email like 'lan@%'").fetchone())
    told=accepted_by(acting); told2=sent_to(acting)
    for who in ("lan@anh-duong","cuong@cong-an-tinh","thao@anh-duong","minh@tro-giup-phap-ly","ha@trung-tam-tgxh","dung@anh-duong"):
        b=signed_in(who)
        for p in ("/inbox", f"/referrals/{told.referral}", f"/referrals/{told2.referral}", f"/cases/{told.case}", "/reports", f"/referrals/{told2.referral}/decline", f"/cases/{told.case}/consents/{told.consent}/withdraw"):
            with statements() as s: r=b.get(p)
            print(who,p[:14],p[-10:],r.status_code,len(s), r.headers.get("Location"))
    b=signed_in("cuong@cong-an-tinh")
    print(text_of(b.get(f"/referrals/{told2.referral}")))
    print(text_of(b.get(f"/referrals/{told.referral}")))
    with statements() as s: b.get("/inbox")
    for x in s: print("  ", x[:150].replace("\n"," "))
