SELECT full_name FROM keeper	aquarium
SELECT count(*) FROM tank	aquarium
SELECT nickname FROM creature WHERE species = 'angelfish'	aquarium
SELECT full_name FROM keeper WHERE age < 35	aquarium
SELECT count(*) FROM creature WHERE species = 'lobster'	aquarium
SELECT count(*) FROM keeper WHERE age > 45	aquarium
SELECT avg(volume) FROM tank	aquarium
SELECT max(weight) FROM creature	aquarium
SELECT full_name, age FROM keeper	aquarium
SELECT nickname, diet, weight FROM creature	aquarium
SELECT nickname, weight FROM creature WHERE diet = 'plankton'	aquarium
SELECT full_name FROM keeper ORDER BY age DESC LIMIT 1	aquarium
SELECT diet FROM creature ORDER BY weight ASC LIMIT 1	aquarium
SELECT full_name FROM keeper ORDER BY age ASC LIMIT 3	aquarium
SELECT shift, count(*) FROM keeper GROUP BY shift	aquarium
SELECT shift, avg(age) FROM keeper GROUP BY shift	aquarium
SELECT diet, min(weight) FROM creature GROUP BY diet	aquarium
SELECT full_name FROM keeper WHERE shift = 'night' AND age > 30	aquarium
SELECT count(*) FROM tank WHERE water = 'freshwater' AND volume > 900	aquarium
SELECT nickname FROM creature WHERE diet = 'squid' OR diet = 'mussels'	aquarium
SELECT name FROM tank WHERE volume > (SELECT avg(volume) FROM tank)	aquarium
SELECT count(*) FROM creature WHERE weight < (SELECT avg(weight) FROM creature)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM keeper)	aquarium
SELECT name FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM keeper WHERE shift = 'morning')	aquarium
SELECT name FROM tank EXCEPT SELECT T1.name FROM tank AS T1 JOIN creature AS T2 ON T1.tank_id = T2.tank_id WHERE T2.weight >= 1500	aquarium
SELECT name FROM tank WHERE water = 'freshwater' UNION SELECT name FROM tank WHERE volume > 5400	aquarium
SELECT count(*) FROM tank WHERE tank_id NOT IN (SELECT tank_id FROM creature)	aquarium
SELECT T1.name FROM tank AS T1 JOIN keeper AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.name, count(*) FROM tank AS T1 JOIN keeper AS T2 ON T1.tank_id = T2.tank_id GROUP BY T1.tank_id ORDER BY count(*) DESC LIMIT 1	aquarium
SELECT T1.full_name FROM keeper AS T1 JOIN tank AS T2 ON T1.tank_id = T2.tank_id WHERE T2.name = 'Kelp Forest' ORDER BY T1.age ASC LIMIT 1	aquarium
SELECT T1.nickname FROM creature AS T1 JOIN tank AS T2 ON T1.tank_id = T2.tank_id WHERE T2.water = 'brackish' ORDER BY T1.weight DESC LIMIT 1	aquarium
SELECT sum(quantity) FROM purchase	bakery
SELECT DISTINCT category FROM product	bakery
SELECT count(DISTINCT category) FROM product	bakery
SELECT name FROM baker ORDER BY hired ASC	bakery
SELECT name FROM baker ORDER BY name ASC	bakery
SELECT hired FROM baker WHERE name = 'Olga Brandt'	bakery
SELECT specialty FROM baker WHERE name = 'Pierre Blanc'	bakery
SELECT name FROM product WHERE price BETWEEN 3 AND 25	bakery
SELECT name FROM baker WHERE name LIKE '%Kohl%'	bakery
SELECT name FROM product WHERE name LIKE 'C%'	bakery
SELECT min(price), max(price) FROM product	bakery
SELECT count(*), avg(price) FROM product WHERE category = 'bread'	bakery
SELECT weekday, count(*) FROM purchase GROUP BY weekday HAVING count(*) > 2	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Marta Silva'	bakery
SELECT count(*) FROM purchase AS T1 JOIN product AS T2 ON T1.product_id = T2.product_id WHERE T2.name = 'seed roll'	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'olive bread'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'cakes'	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.hired < 2010	bakery
SELECT count(*) FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.specialty = 'pastry'	bakery
SELECT T1.name, T2.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id	bakery
SELECT weekday FROM purchase WHERE quantity > 55 INTERSECT SELECT weekday FROM purchase WHERE quantity < 12	bakery
SELECT specialty FROM baker EXCEPT SELECT specialty FROM baker WHERE hired > 2015	bakery
SELECT customer FROM purchase GROUP BY customer ORDER BY count(*) DESC LIMIT 1	bakery
SELECT category FROM product GROUP BY category ORDER BY avg(weight) ASC LIMIT 1	bakery
SELECT name FROM product WHERE category = 'cake' ORDER BY price ASC LIMIT 1	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id ORDER BY T2.price DESC LIMIT 1	bakery
SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Hotel Plaza' INTERSECT SELECT T1.name FROM product AS T1 JOIN purchase AS T2 ON T1.product_id = T2.product_id WHERE T2.customer = 'Cafe Luna'	bakery
SELECT name FROM product WHERE category = 'bread' AND weight > (SELECT avg(weight) FROM product)	bakery
SELECT T1.name FROM product AS T1 JOIN baker AS T2 ON T1.baker_id = T2.baker_id WHERE T2.name = 'Marta Silva' AND T1.weight < (SELECT avg(weight) FROM product)	bakery
SELECT T1.name FROM baker AS T1 JOIN product AS T2 ON T1.baker_id = T2.baker_id GROUP BY T1.baker_id ORDER BY avg(T2.price) ASC LIMIT 1	bakery
SELECT count(*) FROM baker WHERE baker_id NOT IN (SELECT baker_id FROM product)	bakery
SELECT style FROM bicycle GROUP BY style HAVING count(*) = 2	bike_rental
SELECT depot_name FROM depot	bike_rental
SELECT count(*) FROM rental	bike_rental
SELECT model FROM bicycle WHERE color = 'blue'	bike_rental
SELECT model FROM bicycle WHERE price >= 1400	bike_rental
SELECT count(*) FROM rental WHERE month = 'August'	bike_rental
SELECT count(*) FROM rental WHERE minutes > 140	bike_rental
SELECT avg(price) FROM bicycle	bike_rental
SELECT T1.model, count(*) FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id GROUP BY T1.bicycle_id	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id HAVING count(*) = 2	bike_rental
SELECT T1.depot_name, avg(T2.price) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id	bike_rental
SELECT avg(T1.price) FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.depot_name = 'University'	bike_rental
SELECT DISTINCT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id WHERE T2.color = 'black'	bike_rental
SELECT model, price FROM bicycle	bike_rental
SELECT model, color, price FROM bicycle	bike_rental
SELECT model, price FROM bicycle WHERE style = 'folding'	bike_rental
SELECT depot_name FROM depot ORDER BY docks DESC LIMIT 1	bike_rental
SELECT district FROM depot ORDER BY opened DESC LIMIT 1	bike_rental
SELECT model FROM bicycle ORDER BY price ASC LIMIT 2	bike_rental
SELECT style, count(*) FROM bicycle GROUP BY style	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.customer = 'Greta Holm' GROUP BY T1.bicycle_id HAVING count(*) >= 2	bike_rental
SELECT count(*) FROM rental AS T1 JOIN bicycle AS T2 ON T1.bicycle_id = T2.bicycle_id JOIN depot AS T3 ON T2.depot_id = T3.depot_id WHERE T3.depot_name = 'Town Hall'	bike_rental
SELECT model FROM bicycle WHERE price > (SELECT avg(price) FROM bicycle)	bike_rental
SELECT count(*) FROM rental WHERE minutes > (SELECT avg(minutes) FROM rental)	bike_rental
SELECT depot_name FROM depot WHERE depot_id NOT IN (SELECT depot_id FROM bicycle)	bike_rental
SELECT depot_name FROM depot WHERE depot_id NOT IN (SELECT depot_id FROM bicycle WHERE style = 'mountain')	bike_rental
SELECT T1.depot_name FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT T1.depot_name, count(*) FROM depot AS T1 JOIN bicycle AS T2 ON T1.depot_id = T2.depot_id GROUP BY T1.depot_id ORDER BY count(*) DESC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.depot_name = 'Station' ORDER BY T1.price DESC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN depot AS T2 ON T1.depot_id = T2.depot_id WHERE T2.district = 'Riverside' ORDER BY T1.price ASC LIMIT 1	bike_rental
SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.month = 'June' INTERSECT SELECT T1.model FROM bicycle AS T1 JOIN rental AS T2 ON T1.bicycle_id = T2.bicycle_id WHERE T2.month = 'August'	bike_rental
SELECT max(singers) FROM choir	choir_festival
SELECT sum(singers) FROM choir	choir_festival
SELECT DISTINCT hometown FROM choir	choir_festival
SELECT count(DISTINCT evening) FROM performance	choir_festival
SELECT name FROM conductor ORDER BY years_active ASC	choir_festival
SELECT title FROM choir ORDER BY title ASC	choir_festival
SELECT singers FROM choir WHERE title = 'Green Hill Choir'	choir_festival
SELECT nationality FROM conductor WHERE name = 'Astrid Moe'	choir_festival
SELECT evening, avg(points) FROM performance GROUP BY evening	choir_festival
SELECT hometown, min(founded) FROM choir GROUP BY hometown	choir_festival
SELECT name FROM conductor WHERE nationality = 'Belgian' AND years_active < 20	choir_festival
SELECT count(*) FROM performance WHERE evening = 'Saturday' AND points >= 80	choir_festival
SELECT title FROM choir WHERE hometown = 'Bergen' OR hometown = 'Ghent'	choir_festival
SELECT name FROM conductor WHERE name LIKE '%Lars%'	choir_festival
SELECT name FROM conductor WHERE name LIKE 'K%'	choir_festival
SELECT min(singers), max(singers) FROM choir	choir_festival
SELECT count(*), avg(singers) FROM choir WHERE hometown = 'Cork'	choir_festival
SELECT hometown, count(*) FROM choir GROUP BY hometown HAVING count(*) = 1	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Cantabile'	choir_festival
SELECT count(*) FROM performance AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Green Hill Choir'	choir_festival
SELECT title FROM choir EXCEPT SELECT T1.title FROM choir AS T1 JOIN performance AS T2 ON T1.choir_id = T2.choir_id WHERE T2.points < 70	choir_festival
SELECT nationality FROM conductor WHERE years_active > 20 INTERSECT SELECT nationality FROM conductor WHERE years_active < 9	choir_festival
SELECT name FROM conductor WHERE nationality = 'Irish' UNION SELECT name FROM conductor WHERE years_active < 6	choir_festival
SELECT hometown FROM choir EXCEPT SELECT hometown FROM choir WHERE singers > 50	choir_festival
SELECT evening FROM performance GROUP BY evening ORDER BY count(*) DESC LIMIT 1	choir_festival
SELECT nationality FROM conductor GROUP BY nationality ORDER BY avg(years_active) DESC LIMIT 1	choir_festival
SELECT title FROM choir WHERE hometown = 'Ghent' AND singers < (SELECT avg(singers) FROM choir)	choir_festival
SELECT T1.name FROM conductor AS T1 JOIN choir AS T2 ON T1.choir_id = T2.choir_id WHERE T2.title = 'Harbor Men' AND T1.years_active > (SELECT avg(years_active) FROM conductor)	choir_festival
SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id GROUP BY T1.choir_id ORDER BY avg(T2.years_active) DESC LIMIT 1	choir_festival
SELECT count(*) FROM choir WHERE choir_id NOT IN (SELECT choir_id FROM conductor)	choir_festival
SELECT T1.title FROM choir AS T1 JOIN conductor AS T2 ON T1.choir_id = T2.choir_id GROUP BY T1.choir_id ORDER BY count(*) DESC LIMIT 1	choir_festival
SELECT name FROM guide WHERE tours BETWEEN 6 AND 17	city_museum
SELECT origin FROM exhibit GROUP BY origin HAVING count(*) = 2	city_museum
SELECT name FROM guide	city_museum
SELECT count(*) FROM exhibit	city_museum
SELECT hall_name FROM hall WHERE floor = 'first'	city_museum
SELECT hall_name FROM hall WHERE area >= 320	city_museum
SELECT count(*) FROM guide WHERE language = 'German'	city_museum
SELECT count(*) FROM hall WHERE area < 380	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.title = 'Crusader Sword'	city_museum
SELECT T1.name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'second'	city_museum
SELECT T1.name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.area < 380	city_museum
SELECT count(*) FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'first'	city_museum
SELECT T1.name, T2.hall_name FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id	city_museum
SELECT T1.hall_name, count(*) FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id HAVING count(*) >= 2	city_museum
SELECT T1.hall_name, avg(T2.tours) FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id	city_museum
SELECT avg(T1.tours) FROM guide AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Armory'	city_museum
SELECT DISTINCT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.material = 'marble'	city_museum
SELECT name, tours FROM guide	city_museum
SELECT name, language, tours FROM guide	city_museum
SELECT title FROM exhibit WHERE origin = 'Italy' ORDER BY insured_value DESC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id ORDER BY T2.tours DESC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN exhibit AS T2 ON T1.hall_id = T2.hall_id WHERE T2.origin = 'Italy' GROUP BY T1.hall_id HAVING count(*) = 1	city_museum
SELECT title FROM exhibit WHERE insured_value < (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT count(*) FROM exhibit WHERE insured_value < (SELECT avg(insured_value) FROM exhibit)	city_museum
SELECT hall_name FROM hall WHERE hall_id NOT IN (SELECT hall_id FROM guide)	city_museum
SELECT T1.hall_name, count(*) FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id GROUP BY T1.hall_id ORDER BY count(*) DESC LIMIT 1	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.hall_name = 'Marble Room' ORDER BY T1.insured_value ASC LIMIT 1	city_museum
SELECT T1.title FROM exhibit AS T1 JOIN hall AS T2 ON T1.hall_id = T2.hall_id WHERE T2.floor = 'second' ORDER BY T1.insured_value ASC LIMIT 1	city_museum
SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id WHERE T2.language = 'English' INTERSECT SELECT T1.hall_name FROM hall AS T1 JOIN guide AS T2 ON T1.hall_id = T2.hall_id WHERE T2.language = 'French'	city_museum
SELECT hall_name FROM hall WHERE floor = 'ground' AND area < (SELECT avg(area) FROM hall)	city_museum
SELECT avg(age) FROM owner	dog_school
SELECT min(score) FROM lesson	dog_school
SELECT DISTINCT coat FROM dog	dog_school
SELECT count(DISTINCT street) FROM owner	dog_school
SELECT name FROM owner ORDER BY age DESC	dog_school
SELECT name FROM owner ORDER BY name ASC	dog_school
SELECT weight FROM dog WHERE name = 'Ruby'	dog_school
SELECT breed FROM dog WHERE name = 'Oscar'	dog_school
SELECT name, age FROM owner WHERE street = 'Mill Lane'	dog_school
SELECT name FROM owner ORDER BY age ASC LIMIT 1	dog_school
SELECT skill FROM lesson ORDER BY score ASC LIMIT 1	dog_school
SELECT name FROM owner ORDER BY age DESC LIMIT 4	dog_school
SELECT breed, count(*) FROM dog GROUP BY breed	dog_school
SELECT street, avg(age) FROM owner GROUP BY street	dog_school
SELECT street, min(age) FROM owner GROUP BY street	dog_school
SELECT name FROM dog WHERE coat = 'gray' AND weight >= 30	dog_school
SELECT count(*) FROM lesson WHERE skill = 'agility' AND score < 95	dog_school
SELECT name FROM owner WHERE street = 'Oak Street' OR street = 'Hill Road'	dog_school
SELECT name FROM owner WHERE name LIKE '%Blum%'	dog_school
SELECT name FROM owner WHERE name LIKE 'G%'	dog_school
SELECT count(*) FROM lesson AS T1 JOIN dog AS T2 ON T1.dog_id = T2.dog_id JOIN owner AS T3 ON T2.owner_id = T3.owner_id WHERE T3.name = 'Dennis Egan'	dog_school
SELECT name FROM dog WHERE dog_id NOT IN (SELECT dog_id FROM lesson WHERE trainer = 'Mrs Kim')	dog_school
SELECT name FROM owner EXCEPT SELECT T1.name FROM owner AS T1 JOIN dog AS T2 ON T1.owner_id = T2.owner_id WHERE T2.weight > 30	dog_school
SELECT skill FROM lesson WHERE score > 90 INTERSECT SELECT skill FROM lesson WHERE score < 60	dog_school
SELECT name FROM dog WHERE breed = 'retriever' UNION SELECT name FROM dog WHERE weight < 8	dog_school
SELECT trainer FROM lesson EXCEPT SELECT trainer FROM lesson WHERE score > 95	dog_school
SELECT T1.name FROM dog AS T1 JOIN owner AS T2 ON T1.owner_id = T2.owner_id WHERE T2.name = 'Carol Diaz' AND T1.weight < (SELECT avg(weight) FROM dog)	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY avg(T2.score) ASC LIMIT 1	dog_school
SELECT count(*) FROM dog WHERE dog_id NOT IN (SELECT dog_id FROM lesson)	dog_school
SELECT T1.name FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT T1.name, count(*) FROM dog AS T1 JOIN lesson AS T2 ON T1.dog_id = T2.dog_id GROUP BY T1.dog_id ORDER BY count(*) DESC LIMIT 1	dog_school
SELECT sum(seats) FROM ferry	ferry_line
SELECT name FROM ferry WHERE launched BETWEEN 1995 AND 2010	ferry_line
SELECT builder FROM ferry GROUP BY builder HAVING count(*) = 2	ferry_line
SELECT name FROM ferry	ferry_line
SELECT count(*) FROM harbor	ferry_line
SELECT name FROM harbor WHERE island = 'Mellin'	ferry_line
SELECT name FROM harbor WHERE depth >= 11	ferry_line
SELECT count(*) FROM ferry WHERE builder = 'Holm Brothers'	ferry_line
SELECT min(passengers), max(passengers) FROM crossing	ferry_line
SELECT count(*), avg(seats) FROM ferry WHERE builder = 'Aker Yard'	ferry_line
SELECT builder, count(*) FROM ferry GROUP BY builder HAVING count(*) >= 3	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Port Ellis'	ferry_line
SELECT count(*) FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Port Ellis'	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Kittiwake'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.island = 'Mellin'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.depth < 14	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id WHERE T2.builder = 'Aker Yard'	ferry_line
SELECT T1.name, T2.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id	ferry_line
SELECT T1.name, count(*) FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id GROUP BY T1.harbor_id	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN crossing AS T2 ON T1.ferry_id = T2.ferry_id GROUP BY T1.ferry_id HAVING count(*) > 3	ferry_line
SELECT weather FROM crossing GROUP BY weather ORDER BY count(*) DESC LIMIT 1	ferry_line
SELECT weather FROM crossing GROUP BY weather ORDER BY avg(passengers) DESC LIMIT 1	ferry_line
SELECT name FROM ferry WHERE builder = 'Holm Brothers' ORDER BY seats DESC LIMIT 1	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id ORDER BY T2.seats DESC LIMIT 1	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.builder = 'Aker Yard' GROUP BY T1.harbor_id HAVING count(*) = 2	ferry_line
SELECT count(*) FROM crossing AS T1 JOIN ferry AS T2 ON T1.ferry_id = T2.ferry_id JOIN harbor AS T3 ON T2.harbor_id = T3.harbor_id WHERE T3.name = 'Port Ellis'	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'Stonehaven Pier' ORDER BY T1.launched ASC LIMIT 1	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.island = 'Orsa' ORDER BY T1.seats ASC LIMIT 1	ferry_line
SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.builder = 'Aker Yard' INTERSECT SELECT T1.name FROM harbor AS T1 JOIN ferry AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.builder = 'Holm Brothers'	ferry_line
SELECT name FROM harbor WHERE island = 'Orsa' AND depth > (SELECT avg(depth) FROM harbor)	ferry_line
SELECT T1.name FROM ferry AS T1 JOIN harbor AS T2 ON T1.harbor_id = T2.harbor_id WHERE T2.name = 'North Quay' AND T1.seats > (SELECT avg(seats) FROM ferry)	ferry_line
SELECT count(*) FROM beekeeper WHERE stings > 6	honey_farm
SELECT avg(harvest) FROM hive	honey_farm
SELECT max(stings) FROM beekeeper	honey_farm
SELECT sum(hectares) FROM meadow	honey_farm
SELECT DISTINCT facing FROM meadow	honey_farm
SELECT count(DISTINCT facing) FROM meadow	honey_farm
SELECT name FROM meadow ORDER BY hectares DESC	honey_farm
SELECT name FROM meadow ORDER BY name ASC	honey_farm
SELECT T1.name, avg(T2.harvest) FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id	honey_farm
SELECT avg(T1.stings) FROM beekeeper AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Thistle Hill'	honey_farm
SELECT DISTINCT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.village = 'Marden'	honey_farm
SELECT full_name, stings FROM beekeeper	honey_farm
SELECT full_name, village, stings FROM beekeeper	honey_farm
SELECT full_name, stings FROM beekeeper WHERE village = 'Marden'	honey_farm
SELECT name FROM meadow ORDER BY hectares ASC LIMIT 1	honey_farm
SELECT village FROM beekeeper ORDER BY stings ASC LIMIT 1	honey_farm
SELECT full_name FROM beekeeper ORDER BY stings DESC LIMIT 3	honey_farm
SELECT facing, count(*) FROM meadow GROUP BY facing	honey_farm
SELECT village, avg(stings) FROM beekeeper GROUP BY village	honey_farm
SELECT facing, min(hectares) FROM meadow GROUP BY facing	honey_farm
SELECT full_name FROM beekeeper WHERE stings > (SELECT avg(stings) FROM beekeeper)	honey_farm
SELECT count(*) FROM meadow WHERE hectares > (SELECT avg(hectares) FROM meadow)	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper)	honey_farm
SELECT name FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper WHERE village = 'Upper Wick')	honey_farm
SELECT name FROM meadow EXCEPT SELECT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.stings > 6	honey_farm
SELECT breed FROM hive WHERE harvest > 30 INTERSECT SELECT breed FROM hive WHERE harvest < 18	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY avg(T2.stings) ASC LIMIT 1	honey_farm
SELECT count(*) FROM meadow WHERE meadow_id NOT IN (SELECT meadow_id FROM beekeeper)	honey_farm
SELECT T1.name FROM meadow AS T1 JOIN hive AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.name, count(*) FROM meadow AS T1 JOIN beekeeper AS T2 ON T1.meadow_id = T2.meadow_id GROUP BY T1.meadow_id ORDER BY count(*) DESC LIMIT 1	honey_farm
SELECT T1.full_name FROM beekeeper AS T1 JOIN meadow AS T2 ON T1.meadow_id = T2.meadow_id WHERE T2.name = 'Heather Moor' ORDER BY T1.stings ASC LIMIT 1	honey_farm
SELECT age FROM pupil WHERE name = 'Ivan Petrov'	language_school
SELECT level FROM course WHERE title = 'Business Spanish'	language_school
SELECT name FROM pupil WHERE age BETWEEN 25 AND 40	language_school
SELECT level FROM course GROUP BY level HAVING count(*) = 2	language_school
SELECT name FROM pupil	language_school
SELECT count(*) FROM pupil	language_school
SELECT name FROM pupil WHERE hometown = 'Cardiff'	language_school
SELECT name FROM pupil WHERE age > 20	language_school
SELECT title FROM course WHERE level = 'advanced' AND weeks < 12	language_school
SELECT count(*) FROM pupil WHERE hometown = 'Cardiff' AND age < 40	language_school
SELECT name FROM pupil WHERE hometown = 'Cardiff' OR hometown = 'Lyon'	language_school
SELECT title FROM course WHERE title LIKE '%Spanish%'	language_school
SELECT name FROM pupil WHERE name LIKE 'H%'	language_school
SELECT min(age), max(age) FROM pupil	language_school
SELECT count(*), avg(grade) FROM enrollment WHERE term = 'autumn'	language_school
SELECT hometown, count(*) FROM pupil GROUP BY hometown HAVING count(*) = 2	language_school
SELECT count(*) FROM enrollment AS T1 JOIN course AS T2 ON T1.course_id = T2.course_id WHERE T2.title = 'First Steps'	language_school
SELECT count(*) FROM enrollment AS T1 JOIN course AS T2 ON T1.course_id = T2.course_id WHERE T2.level = 'advanced'	language_school
SELECT T1.title, count(*) FROM course AS T1 JOIN enrollment AS T2 ON T1.course_id = T2.course_id GROUP BY T1.course_id	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id HAVING count(*) > 1	language_school
SELECT DISTINCT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id JOIN course AS T3 ON T2.course_id = T3.course_id WHERE T3.title = 'Everyday German'	language_school
SELECT name FROM pupil WHERE hometown = 'Lyon' UNION SELECT name FROM pupil WHERE age > 45	language_school
SELECT hometown FROM pupil EXCEPT SELECT hometown FROM pupil WHERE age < 25	language_school
SELECT language FROM course GROUP BY language ORDER BY count(*) DESC LIMIT 1	language_school
SELECT level FROM course GROUP BY level ORDER BY avg(weeks) DESC LIMIT 1	language_school
SELECT name FROM pupil WHERE hometown = 'Malmo' ORDER BY age ASC LIMIT 1	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'autumn' INTERSECT SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id WHERE T2.term = 'spring'	language_school
SELECT name FROM pupil WHERE hometown = 'Cardiff' AND age < (SELECT avg(age) FROM pupil)	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id ORDER BY avg(T2.grade) ASC LIMIT 1	language_school
SELECT count(*) FROM pupil WHERE pupil_id NOT IN (SELECT pupil_id FROM enrollment)	language_school
SELECT T1.name FROM pupil AS T1 JOIN enrollment AS T2 ON T1.pupil_id = T2.pupil_id GROUP BY T1.pupil_id ORDER BY count(*) DESC LIMIT 1	language_school
SELECT count(*) FROM warden WHERE training = 'climber'	mountain_huts
SELECT count(*) FROM trail WHERE length_km > 6	mountain_huts
SELECT avg(beds) FROM hut	mountain_huts
SELECT min(length_km) FROM trail	mountain_huts
SELECT sum(length_km) FROM trail	mountain_huts
SELECT DISTINCT valley FROM hut	mountain_huts
SELECT count(DISTINCT valley) FROM hut	mountain_huts
SELECT name FROM warden ORDER BY age ASC	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Lake Hut'	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.trail_name = 'Old Mule Track'	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Lauter Valley'	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.beds >= 50	mountain_huts
SELECT T1.name, T2.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id	mountain_huts
SELECT T1.name, avg(T2.length_km) FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id	mountain_huts
SELECT avg(T1.length_km) FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Shepherd Hut'	mountain_huts
SELECT DISTINCT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'easy'	mountain_huts
SELECT name, altitude FROM hut	mountain_huts
SELECT name, training, salary FROM warden	mountain_huts
SELECT name, altitude FROM hut WHERE valley = 'Roth Valley'	mountain_huts
SELECT trail_name FROM trail ORDER BY length_km ASC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id ORDER BY T2.length_km DESC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN trail AS T2 ON T1.hut_id = T2.hut_id WHERE T2.difficulty = 'easy' GROUP BY T1.hut_id HAVING count(*) > 1	mountain_huts
SELECT trail_name FROM trail WHERE length_km < (SELECT avg(length_km) FROM trail)	mountain_huts
SELECT count(*) FROM warden WHERE age > (SELECT avg(age) FROM warden)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM trail)	mountain_huts
SELECT name FROM hut WHERE hut_id NOT IN (SELECT hut_id FROM warden WHERE training = 'cook')	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.valley = 'Lauter Valley' ORDER BY T1.salary ASC LIMIT 1	mountain_huts
SELECT T1.name FROM warden AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Eagle Hut' AND T1.age < (SELECT avg(age) FROM warden)	mountain_huts
SELECT T1.name, count(*) FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id GROUP BY T1.hut_id ORDER BY count(*) DESC LIMIT 1	mountain_huts
SELECT T1.trail_name FROM trail AS T1 JOIN hut AS T2 ON T1.hut_id = T2.hut_id WHERE T2.name = 'Pine Lodge' ORDER BY T1.length_km DESC LIMIT 1	mountain_huts
SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id WHERE T2.training = 'nurse' INTERSECT SELECT T1.name FROM hut AS T1 JOIN warden AS T2 ON T1.hut_id = T2.hut_id WHERE T2.training = 'cook'	mountain_huts
SELECT sign FROM stall ORDER BY sign ASC	night_market
SELECT wage FROM helper WHERE full_name = 'Wei Zhang'	night_market
SELECT flavor FROM snack WHERE name = 'coconut cake'	night_market
SELECT sign FROM stall WHERE rent BETWEEN 270 AND 310	night_market
SELECT task FROM helper GROUP BY task HAVING count(*) = 2	night_market
SELECT name FROM snack	night_market
SELECT count(*) FROM stall	night_market
SELECT full_name FROM helper WHERE task = 'cooking'	night_market
SELECT flavor FROM snack ORDER BY price ASC LIMIT 1	night_market
SELECT name FROM snack ORDER BY price DESC LIMIT 2	night_market
SELECT task, count(*) FROM helper GROUP BY task	night_market
SELECT task, avg(wage) FROM helper GROUP BY task	night_market
SELECT task, max(wage) FROM helper GROUP BY task	night_market
SELECT sign FROM stall WHERE cuisine = 'Mexican' AND rent < 270	night_market
SELECT count(*) FROM helper WHERE task = 'cleaning' AND wage > 12	night_market
SELECT sign FROM stall WHERE row_letter = 'B' OR row_letter = 'C'	night_market
SELECT full_name FROM helper WHERE full_name LIKE '%Ruiz%'	night_market
SELECT full_name FROM helper WHERE full_name LIKE 'M%'	night_market
SELECT min(wage), max(wage) FROM helper	night_market
SELECT count(*), avg(wage) FROM helper WHERE task = 'cooking'	night_market
SELECT sign FROM stall EXCEPT SELECT T1.sign FROM stall AS T1 JOIN helper AS T2 ON T1.stall_id = T2.stall_id WHERE T2.wage >= 17	night_market
SELECT cuisine FROM stall WHERE rent > 300 INTERSECT SELECT cuisine FROM stall WHERE rent < 260	night_market
SELECT name FROM snack WHERE flavor = 'spicy' UNION SELECT name FROM snack WHERE price < 8	night_market
SELECT task FROM helper EXCEPT SELECT task FROM helper WHERE wage >= 16	night_market
SELECT cuisine FROM stall GROUP BY cuisine ORDER BY count(*) DESC LIMIT 1	night_market
SELECT flavor FROM snack GROUP BY flavor ORDER BY avg(price) DESC LIMIT 1	night_market
SELECT T1.name FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.row_letter = 'C' ORDER BY T1.price DESC LIMIT 1	night_market
SELECT full_name FROM helper WHERE task = 'serving' AND wage > (SELECT avg(wage) FROM helper)	night_market
SELECT T1.name FROM snack AS T1 JOIN stall AS T2 ON T1.stall_id = T2.stall_id WHERE T2.sign = 'Taco Moon' AND T1.price > (SELECT avg(price) FROM snack)	night_market
SELECT T1.sign FROM stall AS T1 JOIN snack AS T2 ON T1.stall_id = T2.stall_id GROUP BY T1.stall_id ORDER BY avg(T2.price) ASC LIMIT 1	night_market
SELECT count(*) FROM stall WHERE stall_id NOT IN (SELECT stall_id FROM snack)	night_market
SELECT name FROM host WHERE age > 40	podcast_network
SELECT count(*) FROM podcast WHERE topic = 'food'	podcast_network
SELECT count(*) FROM host WHERE age > 35	podcast_network
SELECT avg(plays) FROM episode	podcast_network
SELECT max(age) FROM host	podcast_network
SELECT sum(minutes) FROM episode	podcast_network
SELECT DISTINCT season FROM episode	podcast_network
SELECT count(DISTINCT topic) FROM podcast	podcast_network
SELECT country, count(*) FROM host GROUP BY country HAVING count(*) = 2	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Second Half'	podcast_network
SELECT count(*) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Paper Trail'	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.name = 'Moira Grant'	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'history'	podcast_network
SELECT T1.headline FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.subscribers < 45000	podcast_network
SELECT count(*) FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'sports'	podcast_network
SELECT T1.name, T2.title FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id	podcast_network
SELECT T1.title, count(*) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id HAVING count(*) = 1	podcast_network
SELECT T1.title, avg(T2.minutes) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id	podcast_network
SELECT avg(T1.age) FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Deep Water'	podcast_network
SELECT name FROM host WHERE country = 'Canada' ORDER BY age ASC LIMIT 1	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN host AS T2 ON T1.podcast_id = T2.podcast_id ORDER BY T2.age DESC LIMIT 1	podcast_network
SELECT name FROM host WHERE age > (SELECT avg(age) FROM host)	podcast_network
SELECT count(*) FROM host WHERE age < (SELECT avg(age) FROM host)	podcast_network
SELECT title FROM podcast WHERE podcast_id NOT IN (SELECT podcast_id FROM episode)	podcast_network
SELECT title FROM podcast WHERE podcast_id NOT IN (SELECT podcast_id FROM episode WHERE season = 'second')	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY count(*) DESC LIMIT 1	podcast_network
SELECT T1.title, count(*) FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id GROUP BY T1.podcast_id ORDER BY count(*) DESC LIMIT 1	podcast_network
SELECT T1.headline FROM episode AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.title = 'Second Half' ORDER BY T1.minutes ASC LIMIT 1	podcast_network
SELECT T1.name FROM host AS T1 JOIN podcast AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.topic = 'science' ORDER BY T1.age DESC LIMIT 1	podcast_network
SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.season = 'second' INTERSECT SELECT T1.title FROM podcast AS T1 JOIN episode AS T2 ON T1.podcast_id = T2.podcast_id WHERE T2.season = 'first'	podcast_network
SELECT team_name FROM team ORDER BY budget DESC	robot_league
SELECT name FROM robot ORDER BY name ASC	robot_league
SELECT budget FROM team WHERE team_name = 'Nano Knights'	robot_league
SELECT sensor FROM robot WHERE name = 'Echo'	robot_league
SELECT team_name FROM team WHERE budget BETWEEN 12000 AND 18000	robot_league
SELECT university FROM team GROUP BY university HAVING count(*) = 2	robot_league
SELECT team_name FROM team	robot_league
SELECT count(*) FROM robot	robot_league
SELECT DISTINCT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.sensor = 'laser'	robot_league
SELECT team_name, budget FROM team	robot_league
SELECT team_name, university, budget FROM team	robot_league
SELECT team_name, budget FROM team WHERE university = 'Kyoto'	robot_league
SELECT team_name FROM team ORDER BY budget ASC LIMIT 1	robot_league
SELECT university FROM team ORDER BY budget DESC LIMIT 1	robot_league
SELECT team_name FROM team ORDER BY budget ASC LIMIT 4	robot_league
SELECT arena, count(*) FROM duel GROUP BY arena	robot_league
SELECT university, avg(budget) FROM team GROUP BY university	robot_league
SELECT sensor, min(wins) FROM robot GROUP BY sensor	robot_league
SELECT name FROM robot WHERE sensor = 'sonar' AND mass > 25	robot_league
SELECT count(*) FROM duel WHERE arena = 'ice' AND seconds >= 110	robot_league
SELECT count(*) FROM duel AS T1 JOIN robot AS T2 ON T1.robot_id = T2.robot_id JOIN team AS T3 ON T2.team_id = T3.team_id WHERE T3.team_name = 'Steel Foxes'	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.sensor = 'sonar' GROUP BY T1.team_id HAVING count(*) > 1	robot_league
SELECT team_name FROM team EXCEPT SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id WHERE T2.wins > 5	robot_league
SELECT arena FROM duel WHERE seconds > 110 INTERSECT SELECT arena FROM duel WHERE seconds < 45	robot_league
SELECT team_name FROM team WHERE university = 'Kyoto' UNION SELECT team_name FROM team WHERE budget < 9400	robot_league
SELECT university FROM team EXCEPT SELECT university FROM team WHERE budget > 9400	robot_league
SELECT name FROM robot WHERE sensor = 'laser' AND wins > (SELECT avg(wins) FROM robot)	robot_league
SELECT T1.name FROM robot AS T1 JOIN team AS T2 ON T1.team_id = T2.team_id WHERE T2.team_name = 'Steel Foxes' AND T1.wins > (SELECT avg(wins) FROM robot)	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id GROUP BY T1.team_id ORDER BY avg(T2.wins) DESC LIMIT 1	robot_league
SELECT count(*) FROM robot WHERE robot_id NOT IN (SELECT robot_id FROM duel)	robot_league
SELECT T1.team_name FROM team AS T1 JOIN robot AS T2 ON T1.team_id = T2.team_id GROUP BY T1.team_id ORDER BY count(*) DESC LIMIT 1	robot_league
